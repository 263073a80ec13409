"""Pages of the design system itself: the style guide."""
