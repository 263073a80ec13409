"""Examinations that need no store: settings, folders, disk, clock, ports, keys."""

from __future__ import annotations

import ipaddress
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from siyu.cli.doctor.findings import Finding, amber, green, red
from siyu.cli.language import gettext as _
from siyu.cli.supervisor import state as states
from siyu.cli.supervisor.ports import holder, is_free
from siyu.cli.supervisor.processes import plan
from siyu.kernel import setup_code
from siyu.kernel.clock import now
from siyu.kernel.crypto import KeyProblem, KeyRing
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

# An import of half a million rows writes about this much in all stores; below it the next one may fail.
LOW_DISK_BYTES = 2 * 1024**3
FULL_DISK_BYTES = 200 * 1024**2
# File times on a network disk that differ more than this make leases and heartbeats lie.
MAX_CLOCK_SKEW_SECONDS = 5.0
PROVIDER_HOSTS = ("aliyuncs.com",)
# Longer than two years nobody should count on one key: who has left since may have taken a copy along.
OLD_KEY = timedelta(days=730)


def unknown_settings(settings: Settings) -> Iterable[Finding]:
    """A misspelt name is silently no setting at all; this is where it shows."""
    known = {f"SIYU_{name.upper()}" for name in type(settings).model_fields}
    # Read by other parts than the settings: tests, fail points, the door, the language of the terminal.
    known |= {"SIYU_SECRET_KEY", "SIYU_SUPERVISOR_PID", "SIYU_FAILPOINT", "SIYU_TEST_DATABASE_URL", "SIYU_CHROMIUM"}
    strangers = sorted(name for name in {*os.environ, *_names_in_file(settings)} if name.startswith("SIYU_"))
    strangers = [name for name in strangers if name not in known]
    for name in strangers:
        yield amber(name, _("is not a setting"), _("Correct its name; docs/operating/settings.md lists all."))
    if not strangers:
        yield green("settings", _("all names are known"))


def _names_in_file(settings: Settings) -> Iterator[str]:
    path = settings.home / "siyu.env"
    if path.exists():
        for line in path.read_text().splitlines():
            name, equals, _rest = line.strip().partition("=")
            if equals and not name.startswith("#"):
                yield name.removeprefix("export ").strip()


def home(settings: Settings) -> Iterable[Finding]:
    """SIYU_HOME exists, can be written, lies on a disk with room, and is closed to other users."""
    if not settings.home.is_dir():
        yield red("SIYU_HOME", _("%s does not exist") % settings.home, _("Run: siyu migrate"))
        return
    try:
        with tempfile.NamedTemporaryFile(dir=settings.home) as probe:
            skew = abs(os.fstat(probe.fileno()).st_mtime - time.time())
    except OSError as error:
        yield red("SIYU_HOME", f"{settings.home}: {error.strerror}", _("Make the folder writable for this user."))
        return
    yield green("SIYU_HOME", str(settings.home))
    if skew > MAX_CLOCK_SKEW_SECONDS:
        yield amber("clock", _("file times are %.0f s off") % skew, _("Set machine and file server by NTP."))
    yield _disk(settings)
    yield from _private_files(settings)


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.home).free
    seen = _("%.1f GB free") % (free / 1024**3)
    if free < FULL_DISK_BYTES:
        return red("disk", seen, _("Free some space now: nothing more can be accepted when it is full."))
    if free < LOW_DISK_BYTES:
        return amber("disk", seen, _("Free some space before the next import."))
    return green("disk", seen)


def _private_files(settings: Settings) -> Iterable[Finding]:
    private = [settings.records_path, settings.inbox_path, settings.home / "siyu.env", settings.home / "sign-in.txt"]
    private.append(settings.home / setup_code.FILE_NAME)
    if (settings.home / "keys").is_dir():
        private += sorted((settings.home / "keys").iterdir())
    for path in private:
        if path.exists() and _is_open_to_others(path):
            yield amber(path.name, _("other users can read %s") % path, f"chmod 600 {path}")


def _is_open_to_others(path: Path) -> bool:
    """A closed folder above protects as well as the file's own mode."""
    folders = [parent for parent in path.parents if len(parent.parts) > 1][:2]
    if any(not parent.stat().st_mode & stat.S_IXOTH for parent in folders):
        return False
    return bool(path.stat().st_mode & stat.S_IROTH)


def key_ring(settings: Settings) -> Iterable[Finding]:
    path = settings.keys_path
    if not path.exists():
        fresh = not settings.records_path.exists() and not settings.uses_postgres
        lost = _("Restore it from your backup: phone numbers cannot be read without it.")
        yield red("key ring", _("%s is missing") % path, _("Run: siyu migrate") if fresh else lost)
        return
    try:
        ring = KeyRing.load(path)
    except KeyProblem as error:
        yield red("key ring", str(error), _("Restore the file from your backup."))
        return
    if path.stat().st_mode & 0o077:
        yield red("key ring", _("others can read %s") % path, f"chmod 600 {path}")
        return
    made_at = ring.generations[ring.writing].made_at
    if made_at is not None and now() - made_at > OLD_KEY:
        seen = _("key %(number)s has been in use since %(day)s") % {"number": ring.writing, "day": made_at.date()}
        yield amber("key ring", seen, _("Run: siyu encryption-key rotate --wait"))
        return
    yield green("key ring", _("%(path)s, key %(number)s writes") % {"path": path, "number": ring.writing})


def ports(settings: Settings) -> Iterable[Finding]:
    """While Siyu runs its ports are taken by itself; otherwise they have to be free."""
    if states.is_held(settings.home):
        yield green("ports", _("held by this installation"))
        return
    for spec in plan(settings):
        if spec.port is None:
            continue
        try:
            free = bool(spec.port) and is_free(spec.host, spec.port)
        except SiyuError as error:
            yield red(spec.port_setting, error.text(_), "SIYU_HOST")
            continue
        if not free:
            taken = _("port %(port)s is taken by %(holder)s") % {"port": spec.port, "holder": holder(spec.port)}
            yield red(spec.port_setting, taken, _("Stop that program, or choose another port."))
    numbers = [spec.port for spec in plan(settings) if spec.port]
    if len(numbers) != len(set(numbers)):
        yield red("ports", _("two processes have the same port"), _("Give each SIYU_*_PORT a number of its own."))


def exposure(settings: Settings) -> Iterable[Finding]:
    """What is fine on one's own machine and dangerous where others reach it."""
    public = not _is_loopback(settings.host)
    if settings.debug and public:
        yield red("SIYU_DEBUG", _("is on while %s is reachable by others") % settings.host, _("Set SIYU_DEBUG=false."))
    elif settings.debug:
        yield amber("SIYU_DEBUG", _("is on"), _("Set SIYU_DEBUG=false outside of development."))
    if public and not settings.public_url:
        yield amber(
            "SIYU_PUBLIC_URL",
            _("is empty while the collector is public"),
            _("Set it to the address that customers' phones reach, with https://."),
        )
    if public and settings.public_url.startswith("http://"):
        yield amber("SIYU_PUBLIC_URL", _("is not https"), _("Put a proxy with TLS in front of the collector."))
    if public and settings.allowed_hosts == type(settings).model_fields["allowed_hosts"].default:
        to_do = _("Add the host name under which the console is reached.")
        yield red("SIYU_ALLOWED_HOSTS", _("names only this machine"), to_do)


def providers(settings: Settings) -> Iterable[Finding]:
    """A sandbox beside real endpoints would let demo people reach real phones, and the other way round."""
    real = any(settings.aliyun_sms_endpoint.split(":")[0].endswith(host) for host in PROVIDER_HOSTS)
    if settings.sandbox and real and settings.aliyun_sms_key_id:
        yield red(
            "SIYU_ALIYUN_SMS_ENDPOINT",
            _("the sandbox runs, but messages would go to the real provider"),
            _("Set SIYU_ALIYUN_SMS_ENDPOINT=127.0.0.1:%s and SIYU_ALIYUN_SMS_PROTOCOL=http, or SIYU_SANDBOX=false.")
            % settings.sandbox_port,
        )
    elif real and settings.aliyun_sms_protocol == "http":
        yield red("SIYU_ALIYUN_SMS_PROTOCOL", _("is http to the real provider"), _("Set it to https."))
    elif not real and not settings.sandbox and _is_loopback(settings.aliyun_sms_endpoint.split(":")[0]):
        yield amber("SIYU_SANDBOX", _("messages go to the sandbox, which does not run"), _("Set SIYU_SANDBOX=true."))
    elif not settings.aliyun_sms_key_id:
        to_do = _("Enter the AccessKey of your account.")
        yield amber("SIYU_ALIYUN_SMS_KEY_ID", _("is empty: no SMS can be sent"), to_do)
    else:
        yield green("SMS", settings.aliyun_sms_endpoint)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
