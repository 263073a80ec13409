"""Who is treated and who is held out, and whether the difference between them means anything.

Owns: experiments and their assignments; the statistics of comparisons.
Words: experiment, arm, holdout, assignment, sample ratio. Publishes and listens to nothing.
Limits: 2 to 10 arms; the weights of an experiment never change once a unit has been assigned.
"""
