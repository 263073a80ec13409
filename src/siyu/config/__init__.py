"""Settings, URLs and WSGI: the only place where embedded and scale-out differ.

Owns: Django's configuration. Words: none of its own. Publishes and listens to nothing. Limits: no rules in here.
"""
