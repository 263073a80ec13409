"""A stand-in for the outside world: message providers that refuse what the real ones refuse, and people who
act.

Owns: ``SIYU_HOME/sandbox`` (its settings file and its own SQLite file). Words: stand-in, planted rate, round.
Publishes and listens to nothing: it meets Siyu only over HTTP, as a provider and as customers would.
Limits: loopback only; a process of its own, without Django; its people follow no link that leaves this
machine.
"""
