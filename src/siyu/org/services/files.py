"""The organisation from CSV files: places and staff. Good rows are taken, bad ones named by row and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.kernel.errors import InvalidInput, NotFound, SiyuError
from siyu.org import queries
from siyu.org import roles as system
from siyu.org.contracts import BadFile, CsvResult, MembershipIn, NodeKind, RowProblem, Viewer
from siyu.org.models import Membership, Node, Role, Staff
from siyu.org.permissions import STAFF_MANAGE
from siyu.org.services import nodes, staffing

# Bytes and rows of one file: more than the largest chain has, and still a matter of seconds.
MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 50_000
# Rows of one transaction, so that others can write in between.
ROWS_PER_WRITE = 200

NODE_COLUMNS = ("code", "name", "kind", "parent", "city")
STAFF_COLUMNS = ("email", "name", "title", "role", "node")
# Headers as people write them, in both languages.
_HEADERS: Mapping[str, str] = {
    "code": "code", "编码": "code", "门店编码": "code", "节点编码": "code",
    "name": "name", "名称": "name", "姓名": "name",
    "kind": "kind", "类型": "kind",
    "parent": "parent", "上级": "parent", "上级编码": "parent",
    "city": "city", "城市": "city",
    "email": "email", "邮箱": "email", "e-mail": "email",
    "title": "title", "职务": "title",
    "role": "role", "角色": "role",
    "node": "node", "门店": "node", "所属": "node", "所属编码": "node",
}  # fmt: skip
_KINDS: Mapping[str, NodeKind] = {
    **{kind.value: kind for kind in NodeKind},
    "公司": NodeKind.COMPANY, "品牌": NodeKind.BRAND, "大区": NodeKind.REGION, "区域": NodeKind.REGION,
    "门店": NodeKind.STORE, "班组": NodeKind.TEAM, "团队": NodeKind.TEAM,
}  # fmt: skip
_ROLES: Mapping[str, str] = {
    "所有者": system.OWNER, "操盘手": system.OPERATOR, "运营": system.OPERATOR, "店长": system.STORE_MANAGER,
    "导购": system.GUIDE, "分析师": system.ANALYST, "审计": system.AUDITOR,
}  # fmt: skip
_Row = dict[str, str]
_Take = Callable[[Viewer, _Row], str]


def import_nodes(*, viewer: Viewer, data: bytes, dry_run: bool = False) -> CsvResult:
    """Makes and changes places by code: columns code, name, kind, parent (a code; empty for the company), city.

    Parents may stand anywhere above in the file or be there already. The same file again changes nothing.
    """
    viewer.require(STAFF_MANAGE)
    return _import(viewer, rows_of(data, ("code", "name", "kind")), _take_node, dry_run)


def import_staff(*, viewer: Viewer, data: bytes, dry_run: bool = False) -> CsvResult:
    """Makes and changes staff by e-mail: columns email, name, title, role, node (a code; empty for the company).

    Whoever is new gets an account without password and signs in by invitation. A person may stand in several rows,
    one for each role. Roles are added, never taken. The same file again changes nothing.
    """
    viewer.require(STAFF_MANAGE)
    return _import(viewer, rows_of(data, ("email", "name", "role")), _take_staff, dry_run)


class _Undone(Exception):
    """Ends the transaction of a dry run."""


def _import(viewer: Viewer, rows: Sequence[tuple[int, _Row]], take: _Take, dry_run: bool) -> CsvResult:
    tally = {"created": 0, "changed": 0, "same": 0}
    problems: list[RowProblem] = []

    def run(chunk: Sequence[tuple[int, _Row]]) -> None:
        for number, row in chunk:
            try:
                with records.transaction():
                    tally[take(viewer, row)] += 1
            except SiyuError as error:
                problems.append(RowProblem(number, error.message, dict(error.data)))

    if dry_run:
        # All in one transaction that is then undone: later rows may need earlier ones.
        try:
            with records.transaction():
                run(rows)
                raise _Undone
        except _Undone:
            pass
    else:
        for chunk in records.chunked(rows, ROWS_PER_WRITE):
            with records.transaction():
                run(chunk)
    return CsvResult(len(rows), tally["created"], tally["changed"], tuple(problems))


def _take_node(viewer: Viewer, row: _Row) -> str:
    kind = _KINDS.get(row["kind"])
    if kind is None:
        raise InvalidInput(reason=_("The kind is none of company, brand, region, store, team."))
    known = Node.objects.filter(code=row["code"]).first()
    if kind == NodeKind.COMPANY and known is None:
        known = Node.objects.get(parent=None)
    if known is None:
        nodes.create_node(
            viewer=viewer, parent_id=_place(row["parent"]), kind=kind, name=row["name"], code=row["code"],
            city=row["city"],
        )  # fmt: skip
        return "created"
    moved = kind != NodeKind.COMPANY and known.parent_id != _place(row["parent"])
    renamed = (known.name, known.code, known.city) != (row["name"], row["code"], row["city"])
    if moved:
        nodes.move_node(viewer=viewer, node_id=known.pk, parent_id=_place(row["parent"]))
        known.refresh_from_db()
    if renamed:
        nodes.change_node(
            viewer=viewer, node_id=known.pk, version=known.version, name=row["name"], code=row["code"],
            city=row["city"],
        )  # fmt: skip
    return "changed" if moved or renamed else "same"


def _take_staff(viewer: Viewer, row: _Row) -> str:
    role, node_id = _role(row["role"]), _place(row["node"])
    known = Staff.objects.filter(email=row["email"].strip().lower()).first()
    if known is None:
        staffing.add_invited(
            viewer=viewer, email=row["email"], name=row["name"], title=row["title"],
            memberships=[MembershipIn(role.pk, node_id)],
        )  # fmt: skip
        return "created"
    held = {(m.role_id, m.node_id) for m in Membership.objects.filter(staff=known)}
    renamed = (known.name, known.title) != (row["name"], row["title"])
    if renamed:
        staffing.change_staff(
            viewer=viewer, staff_id=known.pk, version=known.version, name=row["name"], title=row["title"]
        )
    added = (role.pk, node_id) not in held
    if added:
        wanted = [MembershipIn(*pair) for pair in sorted({*held, (role.pk, node_id)})]
        staffing.set_memberships(viewer=viewer, staff_id=known.pk, memberships=wanted)
    return "changed" if renamed or added else "same"


def _role(text: str) -> Role:
    found = Role.objects.filter(key=_ROLES.get(text, text)).first() or Role.objects.filter(label=text).first()
    if found is None:
        raise InvalidInput(reason=_("The role is unknown. Write its key, such as guide, or the name of an own role."))
    return found


def _place(code: str) -> int:
    if not code:
        return queries.root().id
    found = queries.node_by_code(code)
    if found is None:
        raise NotFound()
    return found.id


def rows_of(
    data: bytes,
    required: Sequence[str],
    *,
    headers: Mapping[str, str] = _HEADERS,
    columns: Sequence[str] = (*NODE_COLUMNS, *STAFF_COLUMNS),
) -> list[tuple[int, _Row]]:
    """(row number, values by column) of a CSV file in UTF-8 or GB18030; empty rows are passed over."""
    if len(data) > MAX_BYTES:
        raise BadFile(reason=_("The file is larger than 2 MB. Split it."))
    reader = csv.reader(io.StringIO(_text(data), newline=""))
    found = [headers.get(head.strip().lower(), "") for head in next(reader, [])]
    missing = [name for name in required if name not in found]
    if missing:
        raise BadFile(reason=_("These columns are missing: %(columns)s."), columns=", ".join(missing))
    rows = list(_values(reader, found, columns))
    if not rows:
        raise BadFile(reason=_("The file has no rows."))
    if len(rows) > MAX_ROWS:
        raise BadFile(reason=_("The file has more than 50,000 rows. Split it."))
    return rows


def _values(reader: Iterator[list[str]], found: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[int, _Row]]:
    for number, cells in enumerate(reader, start=2):
        if any(cell.strip() for cell in cells):
            row = dict.fromkeys(columns, "")
            row |= {name: cell.strip() for name, cell in zip(found, cells, strict=False) if name}
            yield number, row


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile(reason=_("The encoding is neither UTF-8 nor GB18030. Save the file as CSV (UTF-8)."))
