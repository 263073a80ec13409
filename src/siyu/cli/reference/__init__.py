"""The generated part of the documentation: what the registries, settings, commands and errors say about themselves.

Each page is a function from the running program to Markdown; `siyu docs` writes them, `siyu docs --check` compares.
"""
