"""Siyu's settings on the database of a running test, with mails as files."""

import os

from siyu.config.settings import *  # noqa: F403
from siyu.config.settings import DATABASES, SIYU

DATABASES["default"]["NAME"] = os.environ["KILL_TEST_DATABASE"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["KILL_TEST_MAILS"]
SIYU = SIYU.model_copy(update={"mail_host": "mail.example.com", "mail_from": "siyu@example.com"})
