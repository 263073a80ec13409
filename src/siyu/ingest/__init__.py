"""How facts come in: order files read, mapped and imported; the inbox resolved into the log.

Owns: the inbox, stored import files, import mappings, imports and their errors files.
Words: mapping, import, rejected row, line key, inbox, resolver.
Publishes: nothing of its own; `commerce`, `customers` and `links` publish what their services record.
Listens to: nothing. Limits: see `tables.limits`.
"""
