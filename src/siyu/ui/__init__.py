"""The design system: shell, components, static files, words on the screen.

Owns: the page frame and its navigation, template components with declared props, number and time wording, browser
controllers, the translation catalogue's tools, the template lint, and the copy of browser packages.
Words: component, prop, slot, icon, token, catalogue.
Publishes: nothing. Listens to: nothing.
Limits: it knows no customer, order or message; packages above it register navigation and search.
"""
