"""Starts Siyu's processes in order, watches them, restarts what dies, and stops them cleanly.

Owns: SIYU_HOME/run (lock, state, heartbeats) and SIYU_HOME/logs. Words: process, child, task, phase, adoption.
Limits: one supervisor per SIYU_HOME, held by a lock; it never imports Django, so that it stays small.
"""
