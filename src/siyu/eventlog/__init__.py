"""The records store's log: what happened, in an order that loses nothing, and the work that follows from it.

Owns: the event log, subscribers' cursors, parked events, jobs, schedules, the records connection (gate, bulk writes).
Words: event, position, horizon, subscriber, cursor, parked, job, lease, pump, wake-up.
Publishes: nothing of its own. Listens to: nothing; it calls what packages register.
Limits: event bodies <= 32 KiB; one write transaction <= about 1,000 rows.
"""
