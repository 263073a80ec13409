"""Django's settings, derived from `siyu.kernel.settings`: change a ``SIYU_*`` variable, not this file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from siyu.config import databases
from siyu.kernel import settings as siyu_settings

SIYU = siyu_settings.load()
PACKAGE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = databases.secret_key(SIYU)
DEBUG = SIYU.debug
ALLOWED_HOSTS = [host.strip() for host in SIYU.allowed_hosts.split(",") if host.strip()]
ROOT_URLCONF = "siyu.config.urls"
WSGI_APPLICATION = "siyu.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Lower packages first, as in the package table; a package that a later part adds takes its place here.
SIYU_APPS = [
    "siyu.eventlog",
    "siyu.audit",
    "siyu.org",
    "siyu.warehouse",
    "siyu.ui",
    "siyu.webhooks",
    "siyu.customers",
    "siyu.links",
    "siyu.commerce",
    "siyu.ingest",
    "siyu.experiments",
    "siyu.audiences",
    "siyu.messaging",
    "siyu.insights",
    "siyu.console",
    "siyu.api",
]
SIYU_APPS = [app for app in SIYU_APPS if (PACKAGE_DIR / app.removeprefix("siyu.") / "apps.py").exists()]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "ninja",
    *SIYU_APPS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "siyu.console.middleware.RequestTrace",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "siyu.console.middleware.SessionWatch",
    "siyu.console.middleware.SignInRequired",
    "siyu.console.middleware.ContentSecurityPolicy",
    "siyu.console.middleware.ExpectedErrors",
    "siyu.ui.drafts.SavedForms",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "siyu.ui.context.shell",
            ],
        },
    },
]

DATABASES = {"default": databases.records(SIYU)}

AUTH_USER_MODEL = "org.Staff"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "siyu.org.password_rules.NotAgainValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "sign-in"
# Five wrong passwords lock the pair of account and address for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The name of the field in the form; axes would look for the model's, "email", and count for nobody.
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "ui/locked_out.html"
AXES_VERBOSE = False

SESSION_COOKIE_NAME = f"siyu_session_{SIYU.web_port}"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# The brand's own limits (settings, "Signing in") end sessions earlier; this is the most that they can allow.
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_ENGINE = "siyu.org.sessions"
CSRF_COOKIE_NAME = f"siyu_csrf_{SIYU.web_port}"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)

LANGUAGE_CODE = SIYU.language
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = SIYU.zone

STATIC_URL = "static/"
STATIC_ROOT = SIYU.home / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": SIYU.files_path}},
    "staticfiles": {"BACKEND": databases.static_storage(SIYU)},
}
WHITENOISE_USE_FINDERS = True
# Uploads beyond this go to a file at once instead of memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = databases.upload_folder(SIYU)
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

EMAIL_HOST, EMAIL_PORT = SIYU.mail_host or "localhost", SIYU.mail_port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SIYU.mail_user, SIYU.mail_password
EMAIL_USE_SSL, EMAIL_USE_TLS = SIYU.mail_security == "tls", SIYU.mail_security == "starttls"
# Longer than a slow server takes; the claim of a mail lasts two minutes.
EMAIL_TIMEOUT = 30

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("SIYU_LOG_LEVEL", SIYU.log_level)},
}
