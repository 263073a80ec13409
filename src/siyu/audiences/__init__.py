"""Sets of customers by rule: count, sample, list, keep; and RFM, the oldest of them.

Owns: leaves, rules, the planner, saved audiences with their membership, RFM snapshots.
Words: leaf, rule, condition, planner, as of, freshness, universe, base, delta, cell, segment.
Publishes: audiences.entered, audiences.left. Listens to: the events that leaves read, after the warehouse has them.
Limits: `rules.limits` (leaves, depth), `evaluation` (customers per micro-batch), `planner` (cache).
"""
