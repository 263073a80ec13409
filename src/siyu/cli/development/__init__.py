"""`./siyu test | check | bench`: what developers and CI run. Never imported by an installation.

Words: section (one command whose time and outcome is reported), check. Limits: needs the developer's lock file.
"""
