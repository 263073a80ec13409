"""A rule document as form controls and back: the builder keeps no state besides the document in the form.

Groups and conditions are addressed by their path in the document (``all.0.any.1``), as the audiences package counts
them. Controls are named ``group:<path>`` and ``field:<path>:<name>``; values that do not read as their type stay as
they were typed, so that the check can say what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from siyu.audiences.contracts import FieldType, LeafField, LeafKind

GROUPS = ("all", "any", "none")
RANGE = "between"
# Advanced fields are written in the text form; the builder keeps them as they are.
TEXT_ONLY = frozenset({FieldType.METHOD, FieldType.BOUNDS})
Document = Mapping[str, Any]
Kinds = Mapping[str, LeafKind]


@dataclass(frozen=True)
class Control:
    """One input of a condition."""

    name: str
    spec: LeafField
    value: Any
    second: Any = ""
    is_range: bool = False
    choices: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A group (with parts) or a condition (with controls), with its count and problems."""

    path: str
    count: int | None
    problems: tuple[str, ...]
    op: str = ""
    parts: tuple[Shown, ...] = ()
    kind: LeafKind | None = None
    controls: tuple[Control, ...] = ()
    document: Document = field(default_factory=dict)


def group_of(node: Any) -> str:
    """The key of a group, empty for a condition."""
    return next((op for op in GROUPS if isinstance(node, Mapping) and op in node), "")


def child_path(path: str, op: str, place: int) -> str:
    return f"{path}.{op}.{place}" if path else f"{op}.{place}"


def read(document: Any, posted: Mapping[str, Any], kinds: Kinds, path: str = "") -> Any:
    """The document with what was posted put into it. `posted` answers `get` and `getlist` like a QueryDict."""
    op = group_of(document)
    if op:
        parts = [read(part, posted, kinds, child_path(path, op, i)) for i, part in enumerate(document[op])]
        chosen = posted.get(f"group:{path}", op)
        return {chosen if chosen in GROUPS else op: parts}
    if not isinstance(document, Mapping) or document.get("leaf") not in kinds:
        return document
    return _read_leaf(document, posted, kinds[document["leaf"]], path)


def _read_leaf(document: Document, posted: Any, kind: LeafKind, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {"leaf": kind.name}
    op = posted.get(f"field:{path}:op", document.get("op"))
    for spec in kind.fields:
        if spec.type in TEXT_ONLY:
            kept = {spec.name: document[spec.name]} if spec.name in document else {}
            found |= kept
            continue
        value = _posted_value(spec, posted, f"field:{path}:{spec.name}", op)
        if value not in (None, "", []):
            found[spec.name] = value
    return found


def _posted_value(spec: LeafField, posted: Any, name: str, op: Any) -> Any:
    if spec.type in (FieldType.SCORES, FieldType.CHOICES):
        return [_typed(spec, item) for item in posted.getlist(name)]
    if spec.type is FieldType.FLAG:
        return True if posted.get(name) else None
    first = _typed(spec, posted.get(name, ""))
    if _is_range(spec, op):
        return [first, _typed(spec, posted.get(f"{name}:2", ""))] if first != "" else None
    if spec.type is FieldType.VALUE and op == "in":
        return [
            _typed(spec, item.strip())
            for item in str(posted.get(name, "")).replace("，", ",").split(",")
            if item.strip()
        ]
    return first


def _is_range(spec: LeafField, op: Any) -> bool:
    return op == RANGE and spec.type in (FieldType.COUNT, FieldType.MONEY, FieldType.VALUE)


def _typed(spec: LeafField, text: Any) -> Any:
    """A number where the field wants one and the text is one; otherwise the text, for the check to speak about."""
    given = str(text).strip()
    if spec.type in (FieldType.COUNT, FieldType.DAYS, FieldType.SCORES, FieldType.AUDIENCE) and given.isdecimal():
        return int(given)
    if spec.type is FieldType.VALUE:
        return _number_or_text(given)
    return given


def _number_or_text(text: str) -> Any:
    """Attributes may be numbers: ``3`` and ``3.5`` are, ``007`` and ``3 kg`` are not."""
    try:
        value = float(text)
    except ValueError:
        return text
    if text != text.strip() or (text.startswith("0") and len(text) > 1 and not text.startswith("0.")):
        return text
    return int(value) if value.is_integer() and text.isdecimal() else value


def added(document: Any, path: str, part: Any, at: str = "") -> Any:
    """The document with `part` at the end of the group at `path`."""
    op = group_of(document)
    if not op:
        return document
    parts = [added(child, path, part, child_path(at, op, i)) for i, child in enumerate(document[op])]
    return {op: [*parts, part] if at == path else parts}


def removed(document: Any, path: str, at: str = "") -> Any:
    """The document without the part at `path` (the whole cannot be removed)."""
    op = group_of(document)
    if not op:
        return document
    kept = [(i, child) for i, child in enumerate(document[op]) if child_path(at, op, i) != path]
    return {op: [removed(child, path, child_path(at, op, i)) for i, child in kept]}


def shown(
    document: Any, kinds: Kinds, counts: Mapping[str, int], problems: Mapping[str, tuple[str, ...]], path: str = ""
) -> Shown:
    """The document ready to be drawn."""
    op = group_of(document)
    own = tuple(text for at, texts in problems.items() if at == path for text in texts)
    if op:
        parts = tuple(
            shown(part, kinds, counts, problems, child_path(path, op, i)) for i, part in enumerate(document[op])
        )
        own += tuple(problems.get(f"{path}.{op}" if path else op, ()))
        return Shown(path, counts.get(path), own, op=op, parts=parts, document=document)
    kind = kinds.get(document.get("leaf", "")) if isinstance(document, Mapping) else None
    within = tuple(text for at, texts in problems.items() if at.startswith(f"{path}.") for text in texts)
    controls = tuple(_controls(kind, document, path)) if kind else ()
    return Shown(path, counts.get(path), own + within, kind=kind, controls=controls, document=document)


def _controls(kind: LeafKind, document: Document, path: str) -> Iterator[Control]:
    for spec in kind.fields:
        if spec.type in TEXT_ONLY:
            continue
        value = document.get(spec.name, _major(document, spec))
        is_range = _is_range(spec, document.get("op"))
        second = ""
        if is_range:
            pair = value if isinstance(value, list) and len(value) == 2 else [value, ""]
            value, second = pair
        elif isinstance(value, list) and spec.type is FieldType.VALUE:
            value = ", ".join(str(item) for item in value)
        chosen = {str(item) for item in (value if isinstance(value, list) else [value])}
        names = spec.choices or (("1", "2", "3", "4", "5") if spec.type is FieldType.SCORES else ())
        choices = tuple((name, name, name in chosen) for name in names)
        yield Control(f"field:{path}:{spec.name}", spec, value, second, is_range, choices)


def _major(document: Document, spec: LeafField) -> Any:
    """Money given in minor units is shown in major ones."""
    fen = document.get(f"{spec.name}_fen")
    if spec.type is not FieldType.MONEY or fen is None:
        return ""
    return [item / 100 for item in fen] if isinstance(fen, list) else fen / 100
