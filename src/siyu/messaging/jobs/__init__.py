"""Background entry points of `messaging`: the launch job and the two pumps."""

from siyu.messaging.jobs import asking, launch, sending

__all__ = ["asking", "launch", "sending"]
