"""Background entries of `org`: sealing anew, mails, reminders, approved actions."""

from siyu.org.jobs.resealing import register, run_reseal

__all__ = ["register", "run_reseal"]
