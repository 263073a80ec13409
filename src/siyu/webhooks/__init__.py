"""Events of the log, sent to other systems: signed, retried with growing pauses, replayable, each with its answer.

Owns: endpoints and their deliveries. Words: endpoint, delivery, ping, replay.
Publishes: nothing. Listens to: every event, for the endpoints that chose it.
Limits: 50 endpoints, 12 attempts over three days, 10 seconds an answer, 16 endpoints at a time.
"""
