"""The sandbox's settings: one JSON file, written by whoever sets up a demo, read again whenever it changes.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

CONFIG_NAME = "config.json"


@dataclass(frozen=True)
class Planted:
    """What the simulated people do, so that a measurement can be compared with the truth. All are shares, 0
    to 1.

    Per round, a person buys with probability ``base_rate``, plus ``lift`` if a message reached them;
    whoever was reached by a message with a link clicks it with probability ``click_rate`` and answers R
    with ``refuse_rate``.
    """

    click_rate: float = 0.25
    base_rate: float = 0.03
    lift: float = 0.05
    refuse_rate: float = 0.0
    # Of all numbers, those that are out of service for ever; of the other messages, those that fail this
    # time.
    dead_share: float = 0.01
    failed_share: float = 0.02


@dataclass(frozen=True)
class SignSeed:
    """A signature that the registry holds from the start."""

    name: str
    state: str = "passed"


@dataclass(frozen=True)
class TemplateSeed:
    """A template that the registry holds from the start. ``kind``: verification, notification or promotion.
    """

    code: str
    name: str
    kind: str
    content: str
    state: str = "passed"


@dataclass(frozen=True)
class SandboxConfig:
    """Everything the sandbox needs to know. URLs may be empty: then nothing is posted there."""

    aliyun_key_id: str = ""
    aliyun_key_secret: str = ""
    sms_callback_url: str = ""
    # Replies have an address of their own at Aliyun; empty means that they go where the reports go.
    sms_reply_url: str = ""
    order_hook_url: str = ""
    write_key: str = ""
    people_file: str = ""
    seed: int = 1
    planted: Planted = field(default_factory=Planted)
    signs: tuple[SignSeed, ...] = ()
    templates: tuple[TemplateSeed, ...] = ()
    # How many times faster than the provider the stand-in delivers and repeats its reports.
    speed: float = 20.0
    # Seconds until the carrier reports, at speed 1.
    delivery_seconds: tuple[float, float] = (3.0, 30.0)
    # Numbers that no frequency rule counts (at most 300 at the provider).
    whitelist: tuple[str, ...] = ()
    # Local hours ("08:00", "20:00") outside of which promotion is refused; the provider's rules name none.
    marketing_window: tuple[str, str] | None = None
    # Whether what is wrong with one number of several comes with its report or refuses the whole request.
    refuse_whole_batch: bool = False
    # Seconds without a delivery after which a round begins by itself, and the length of a round.
    quiet_seconds: float = 3.0
    round_seconds: float = 4.0
    posts_per_second: float = 200.0


def config_path(home: Path) -> Path:
    """Where the settings of the sandbox of the installation at `home` are kept."""
    return home / "sandbox" / CONFIG_NAME


def write(home: Path, config: SandboxConfig) -> Path:
    """Replaces the settings file in one step (mode 0600, it holds keys); a running sandbox notices by
    itself.
    """
    path = config_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(asdict(config)), indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


class ConfigFile:
    """The settings file as it is now. A missing file means defaults; a damaged one raises ValueError on
    reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._config = SandboxConfig()

    def current(self) -> SandboxConfig:
        """The settings, read again only if the file is another one than last time."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return self._config
        stamp = (status.st_ino, status.st_mtime_ns)
        if stamp != self._stamp:
            self._config = msgspec.json.decode(self.path.read_bytes(), type=SandboxConfig)
            self._stamp = stamp
        return self._config
