"""The catalogue file: merge what the code says, keep what translators wrote, compile, and say what is missing.

Entries stand sorted by msgid, one blank line apart, without line numbers or dates, so that people who add texts at
the same time seldom touch the same lines.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from babel.messages import Catalog, mofile, pofile
from babel.messages.catalog import Message

from siyu.ui.translations.sources import SOURCE_DIR, Found, find_all

LOCALE_DIR = SOURCE_DIR / "locale"
CATALOGUE_PATH = LOCALE_DIR / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = """# Siyu in Simplified Chinese, sorted by msgid. After adding texts: python -m siyu.ui.translations extract
msgid ""
msgstr ""
"Project-Id-Version: siyu\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
_PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
Key = tuple[str, str]


def read_catalogue(path: Path = CATALOGUE_PATH) -> Catalog:
    """The catalogue as it is; an empty one if the file does not exist yet."""
    if not path.exists():
        return Catalog(locale="zh_Hans")
    with path.open("rb") as stream:
        return pofile.read_po(stream, locale="zh_Hans", abort_invalid=True)


def update_catalogue(path: Path = CATALOGUE_PATH, found: Iterable[Found] | None = None) -> tuple[int, int]:
    """Adds new texts empty, removes those no longer used, keeps every translation; (added, removed)."""
    held = {_key(message): message for message in read_catalogue(path) if message.id}
    wanted = _by_key(find_all() if found is None else found)
    fresh = Catalog(locale="zh_Hans", fuzzy=False)
    for (msgid, context), (plural, paths) in sorted(wanted.items()):
        old = held.get((msgid, context))
        ids = (msgid, plural) if plural else msgid
        fresh.add(ids, _kept_translation(old, plural), locations=[(name, 1) for name in paths], context=context or None)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".po.new")
    temporary.write_bytes(_as_bytes(fresh))
    temporary.replace(path)
    return len(wanted.keys() - held.keys()), len(held.keys() - wanted.keys())


def _by_key(found: Iterable[Found]) -> dict[Key, tuple[str, list[str]]]:
    plurals: dict[Key, str] = {}
    paths: dict[Key, set[str]] = defaultdict(set)
    for item in found:
        key = (item.msgid, item.context)
        plurals[key] = plurals.get(key) or item.plural
        paths[key].add(item.path)
    return {key: (plurals[key], sorted(paths[key])) for key in paths}


def _key(message: Message) -> Key:
    msgid = message.id if isinstance(message.id, str) else message.id[0]
    return msgid, message.context or ""


def _kept_translation(old: Message | None, plural: str) -> str | tuple[str, ...]:
    """What the translator wrote, as one form or as the single plural form of Chinese."""
    held = "" if old is None else old.string
    text = held if isinstance(held, str) else (held[0] if held else "")
    return (text,) if plural else text


def _as_bytes(catalogue: Catalog) -> bytes:
    stream = io.BytesIO()
    pofile.write_po(stream, catalogue, sort_output=True, omit_header=True, include_lineno=False, width=0)
    body = "\n".join(line for line in stream.getvalue().decode().splitlines() if not line.startswith("#, "))
    return (HEADER + body.strip() + "\n").encode()


def check_catalogue(path: Path = CATALOGUE_PATH, found: Iterable[Found] | None = None) -> list[str]:
    """What is wrong, one sentence each: missing, unused, untranslated, or with other %(places)s than the English."""
    wanted = set(_by_key(find_all() if found is None else found))
    messages = [message for message in read_catalogue(path) if message.id]
    held = {_key(message) for message in messages}
    problems = [f"not in the catalogue: {msgid!r}" for msgid, _ in sorted(wanted - held)]
    problems += [f"no longer used: {msgid!r}" for msgid, _ in sorted(held - wanted)]
    for message in messages:
        problems += _problems_of(message)
    return problems


def _problems_of(message: Message) -> list[str]:
    msgid, _context = _key(message)
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        return [f"marked as doubtful: {msgid!r}"]
    if not all(texts) or not texts:
        return [f"not translated: {msgid!r}"]
    english = set(_PLACE.findall(msgid if isinstance(message.id, str) else message.id[-1]))
    wrong = [text for text in texts if not set(_PLACE.findall(text)) >= english or set(_PLACE.findall(text)) - english]
    return [f"other places than in English: {msgid!r}"] if wrong else []


def compile_catalogues(locale_dir: Path = LOCALE_DIR) -> int:
    """Writes the binary catalogue beside each ``.po`` that is newer than it; how many were written."""
    written = 0
    for path in sorted(locale_dir.glob("*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        with path.open("rb") as stream:
            catalogue = pofile.read_po(stream)
        write_mo(catalogue, target)
        written += 1
    return written


def write_mo(catalogue: Catalog, target: Path) -> None:
    """Replaces `target` in one step, so that a running process never reads half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".mo.new")
    with temporary.open("wb") as stream:
        mofile.write_mo(stream, catalogue)
    temporary.replace(target)
