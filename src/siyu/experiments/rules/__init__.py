"""Pure decisions of `experiments`: who gets which arm, and what a difference is worth."""
