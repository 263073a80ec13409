"""What happened and what it was worth: measures, the overview, and what a plan really brought.

Owns: the registry of measures; nothing stored. Words: measure, period, figure, arm, incremental, naive, verdict.
Publishes and listens to nothing.
Limits: a period has at most 400 days.
"""
