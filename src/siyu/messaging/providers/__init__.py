"""Adapters to message providers: they know only *how* a message leaves, never whether it may.

Owns: nothing stored. Words: result, receipt, reply, unit, fault. Publishes and listens to nothing.
Limits: one folder per provider, all after the contract in `base`; consent, caps and quiet hours are decided
above.
"""
