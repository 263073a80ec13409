"""Pure Python that every package may use: ids, money, time, errors, limits, keys, paging, registries, settings.

Owns: nothing stored. Words: fen, zone, key ring, fail point. Publishes and listens to nothing.
Limits: no Django, no database, no network in here; import-linter holds it.
"""
