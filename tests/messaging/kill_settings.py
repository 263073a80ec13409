"""Siyu's settings on the database of a running test."""

import os

from siyu.config.settings import *  # noqa: F403
from siyu.config.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["KILL_TEST_DATABASE"]
