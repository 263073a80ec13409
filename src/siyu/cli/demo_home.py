"""The demo's files in SIYU_HOME: settings that point at the sandbox, the sign-in, the sandbox's own settings."""

from __future__ import annotations

import importlib
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from siyu.ingest import gate
from siyu.kernel import settings as siyu_settings
from siyu.kernel.clock import local_day, now
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

SIGN_IN_FILE = "sign-in.txt"
DEMO_EMAIL = "demo@siyu.example"


class UnusableLayouts(SiyuError):
    code = "demo_layouts_unusable"
    status = 422
    message = "The headers for the demo's exports cannot be used: %(reason)s"


def sign_in_path(settings: Settings) -> Path:
    return settings.home / SIGN_IN_FILE


def folder(settings: Settings) -> Path:
    return settings.home / "demo"


def loaded_marker(settings: Settings) -> Path:
    """Exists once the demo's imports have been started."""
    return folder(settings) / "loaded"


def is_loaded(settings: Settings) -> bool:
    return loaded_marker(settings).exists()


def ensure(settings: Settings) -> Settings:
    """Turns a new home into one with the sandbox beside it; a home that has a `siyu.env` is left as it is."""
    path = settings.home / "siyu.env"
    if not path.exists():
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, _demo_environment(settings))
        siyu_settings.load.cache_clear()
    return siyu_settings.load()


def _demo_environment(settings: Settings) -> str:
    return (
        "# Settings of this installation; every SIYU_* setting may stand here. The environment goes before it.\n"
        "# Made for the demo brand: messages go to the sandbox on this machine, never to a person.\n"
        "SIYU_SANDBOX=true\n"
        f"SIYU_BRAND={sandbox('siyu.sandbox.demo.brand').BRAND}\n"
        f"SIYU_ALIYUN_SMS_ENDPOINT=127.0.0.1:{settings.sandbox_port}\n"
        "SIYU_ALIYUN_SMS_PROTOCOL=http\n"
        f"SIYU_ALIYUN_SMS_KEY_ID=LTAI{secrets.token_hex(8)}\n"
        f"SIYU_ALIYUN_SMS_KEY_SECRET={secrets.token_hex(16)}\n"
    )


def write_sandbox_settings(settings: Settings, *, people_file: Path) -> None:
    """Tells the sandbox whom to play and where its people's reports, clicks and orders go."""
    config, brand = sandbox("siyu.sandbox.config"), sandbox("siyu.sandbox.demo.brand")
    gate.revoke_write_keys(settings, shop="")
    config.write(
        settings.home,
        config.SandboxConfig(
            aliyun_key_id=settings.aliyun_sms_key_id,
            aliyun_key_secret=settings.aliyun_sms_key_secret,
            sms_callback_url=gate.sms_callback_url(settings),
            order_hook_url=f"{settings.collector_base}/v1/orders",
            write_key=gate.create_write_key(settings, label="sandbox"),
            people_file=str(people_file),
            signs=(brand.SIGN,),
            templates=brand.templates(f"{settings.collector_base}/s/"),
        ),
    )


def generate_files(settings: Settings, *, customers: int | None) -> Any:
    """The demo brand's files under SIYU_HOME/demo, ending yesterday in the brand's zone: no order lies ahead."""
    generate = sandbox("siyu.sandbox.demo.generate")
    count = {"customers": customers} if customers else {}
    try:
        return generate.generate(folder(settings), until=local_day(now(), settings.tz) - timedelta(days=1), **count)
    except ValueError as error:
        raise UnusableLayouts(reason=str(error)) from error


def sandbox(module: str) -> Any:
    """A module of the sandbox by name: it is a neighbour, and an installation without demo may lack it."""
    return importlib.import_module(module)


def write_private(path: Path, text: str) -> None:
    """A file that only its owner reads, complete or absent."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
