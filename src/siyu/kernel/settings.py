"""Every setting of Siyu, in one file: ``SIYU_*`` in the environment or in ``SIYU_HOME/siyu.env``.

Defaults run the embedded stores on this machine. Scale-out changes URLs here and nothing in the code.
"""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings, typed. Field descriptions are the reference page `docs/operating/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="SIYU_", extra="ignore")

    home: Path = Field(
        Path("var"), description="Folder of everything an installation keeps: stores, files, keys, logs."
    )
    database_url: str = Field(
        "", description="Records: empty for SQLite under SIYU_HOME, or postgresql://user@host/name."
    )
    warehouse_url: str = Field(
        "", description="Warehouse: empty for the embedded one, or http(s)://user:password@host:8123/name."
    )
    host: str = Field("127.0.0.1", description="Address that web and collector listen on.")
    web_port: int = Field(8700, ge=0, le=65535, description="Port of console and API.")
    collector_port: int = Field(
        8701, ge=0, le=65535, description="Port of collection, short links and provider callbacks."
    )
    warehouse_port: int = Field(8702, ge=0, le=65535, description="Port of the embedded warehouse (loopback only).")
    sandbox_port: int = Field(8703, ge=0, le=65535, description="Port of the sandbox (loopback only).")
    sandbox: bool = Field(False, description="Run the sandbox beside the other processes.")
    public_url: str = Field(
        "", description="How customers' phones reach the collector; empty for http://host:collector_port."
    )
    web_threads: int = Field(4, ge=1, le=64, description="Threads of the web process.")
    collector_threads: int = Field(
        16, ge=1, le=64, description="Threads of the collector; group commit needs requests in flight."
    )
    job_threads: int = Field(2, ge=1, le=16, description="Background jobs that one worker runs at a time.")
    brand: str = Field("", max_length=40, description="The brand's name, as screens show it.")
    zone: str = Field(
        "Asia/Shanghai", description="The brand's time zone (IANA name): days, quiet hours and screens use it."
    )
    currency: str = Field("CNY", min_length=3, max_length=3, description="The company's currency (ISO 4217).")
    language: str = Field("zh-hans", description="Language of a screen before its reader chooses: zh-hans or en.")
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]", description="Host names the web process answers to, separated by commas."
    )
    debug: bool = Field(False, description="Developer's error pages. Never on a machine that others reach.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    aliyun_sms_endpoint: str = Field(
        "dysmsapi.aliyuncs.com", description="Host of the Aliyun SMS service, with :port where needed."
    )
    aliyun_sms_protocol: str = Field(
        "https", pattern="^https?$", description="https, or http for a stand-in on loopback."
    )
    aliyun_sms_key_id: str = Field("", description="AccessKey id of the Aliyun account.")
    aliyun_sms_key_secret: str = Field("", description="AccessKey secret of the Aliyun account.")
    warehouse_memory_mb: int = Field(
        2048, ge=256, description="Memory cap of the embedded warehouse over all queries, in MiB."
    )
    import_max_mb: int = Field(2048, ge=1, description="Largest file that an import takes, in MiB (as uploaded).")

    console_url: str = Field(
        "", description="How staff reach the console, for links in mails; empty for http://host:web_port."
    )
    mail_host: str = Field("", description="Server that takes mails to staff (SMTP); empty: no mails are sent.")
    mail_port: int = Field(465, ge=1, le=65535, description="Port of the mail server.")
    mail_security: str = Field(
        "tls", pattern="^(tls|starttls|none)$", description="How to talk to it: tls (465), starttls (587) or none."
    )
    mail_user: str = Field("", description="Name that signs in to the mail server; empty: without signing in.")
    mail_password: str = Field("", description="Password for the mail server.")
    mail_from: str = Field("", description="Sender of mails; empty for SIYU_MAIL_USER.")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError) as error:  # what zoneinfo raises is no ValueError, which pydantic wants
            raise ValueError(f"{value!r} is no time zone of the IANA list") from error
        return value

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def uses_postgres(self) -> bool:
        return self.database_url.startswith(("postgres://", "postgresql://"))

    @property
    def records_path(self) -> Path:
        return self.home / "records.sqlite3"

    @property
    def inbox_path(self) -> Path:
        return self.home / "inbox.sqlite3"

    @property
    def keys_path(self) -> Path:
        return self.home / "keys" / "ring.json"

    @property
    def files_path(self) -> Path:
        return self.home / "files"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse"

    @property
    def embedded_warehouse(self) -> bool:
        return not self.warehouse_url

    @property
    def collector_base(self) -> str:
        """Base of short links and callbacks, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.collector_port}").rstrip("/")

    @property
    def console_base(self) -> str:
        """Base of the console's addresses in mails, without a slash at the end."""
        return (self.console_url or f"http://{self.host}:{self.web_port}").rstrip("/")


@lru_cache(maxsize=1)
def load() -> Settings:
    """The settings of this process: environment first, then ``SIYU_HOME/siyu.env``; read once."""
    home = Path(os.environ.get("SIYU_HOME", "var")).expanduser().absolute()
    return Settings(_env_file=home / "siyu.env", home=home)  # type: ignore[call-arg]
