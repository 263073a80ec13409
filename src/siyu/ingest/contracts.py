"""What crosses the boundary of `ingest`: mappings, import views, errors of files that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from siyu.kernel.errors import SiyuError

_E = TypeVar("_E", bound=StrEnum)
# The kind of the job that imports, registered in `apps`.
JOB_KIND = "ingest.import_orders"


class Field(StrEnum):
    """What a column of an order file can mean."""

    ORDER_NO = "order_no"
    LINE_NO = "line_no"
    PAID_AT = "paid_at"
    MEMBER = "member"
    PHONE = "phone"
    NAME = "name"
    SKU = "sku"
    TITLE = "title"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    AMOUNT = "amount"
    REFUND_AMOUNT = "refund_amount"
    STATE = "state"
    AFTER_SALE = "after_sale"
    SMS_CONSENT = "sms_consent"


class DateStyle(StrEnum):
    """How the file writes times. AUTO recognises year-first styles, and day or month first if the column tells."""

    AUTO = "auto"
    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"
    UNIX_SECONDS = "unix_seconds"
    UNIX_MILLIS = "unix_millis"
    EXCEL = "excel"


class Duplicates(StrEnum):
    """Equal lines of one order: each is a line of its own, or all but the first are dropped."""

    KEEP = "keep"
    DROP = "drop"


class NoCustomer(StrEnum):
    """Rows that name nobody: an order without a customer, or rejected."""

    GUEST = "guest"
    REJECT = "reject"


class ZeroPrice(StrEnum):
    """Lines that cost nothing: kept as gifts, or rejected."""

    KEEP = "keep"
    REJECT = "reject"


@dataclass(frozen=True)
class Mapping:
    """How a file becomes orders. `columns` and `attributes` name headers, the preferred one first.

    `shop` is the namespace of order and member numbers. `zone` is where naive times are (None: the brand's).
    Order numbers with `refund_prefix` are refunds, those with `adjustment_prefix` are bookkeeping and rejected.
    """

    name: str
    columns: AnyMapping[Field, tuple[str, ...]]
    attributes: AnyMapping[str, tuple[str, ...]] = field(default_factory=dict)
    shop: str = "main"
    date_style: DateStyle = DateStyle.AUTO
    zone: str | None = None
    duplicates: Duplicates = Duplicates.KEEP
    no_customer: NoCustomer = NoCustomer.GUEST
    zero_price: ZeroPrice = ZeroPrice.KEEP
    refund_prefix: str = ""
    adjustment_prefix: str = ""

    def with_shop(self, shop: str) -> Mapping:
        return replace(self, shop=shop)

    def to_json(self) -> dict[str, Any]:
        """The document that `from_json` reads; stable, so that it can be kept in a file."""
        return {
            "name": self.name,
            "columns": {name.value: list(headers) for name, headers in self.columns.items()},
            "attributes": {name: list(headers) for name, headers in self.attributes.items()},
            "shop": self.shop,
            "date_style": self.date_style.value,
            "zone": self.zone,
            "duplicates": self.duplicates.value,
            "no_customer": self.no_customer.value,
            "zero_price": self.zero_price.value,
            "refund_prefix": self.refund_prefix,
            "adjustment_prefix": self.adjustment_prefix,
        }

    @classmethod
    def from_json(cls, document: Any) -> Mapping:
        """Reads a document; InvalidMapping names the first thing that is wrong with it."""
        if isinstance(document, (str, bytes)):
            try:
                document = json.loads(document)
            except ValueError as error:
                raise InvalidMapping(reason="not JSON (%(where)s)", where=str(error)) from error
        if not isinstance(document, dict):
            raise InvalidMapping(reason="not an object")
        _refuse_unknown(document, set(cls.__dataclass_fields__))
        mapping = cls(
            name=_text(document, "name", required=True),
            columns={_field(name): headers for name, headers in _headers(document, "columns").items()},
            attributes=_headers(document, "attributes"),
            shop=_text(document, "shop") or "main",
            date_style=_choice(document, "date_style", DateStyle, DateStyle.AUTO),
            zone=_zone(document.get("zone")),
            duplicates=_choice(document, "duplicates", Duplicates, Duplicates.KEEP),
            no_customer=_choice(document, "no_customer", NoCustomer, NoCustomer.GUEST),
            zero_price=_choice(document, "zero_price", ZeroPrice, ZeroPrice.KEEP),
            refund_prefix=_text(document, "refund_prefix"),
            adjustment_prefix=_text(document, "adjustment_prefix"),
        )
        for needed in (Field.ORDER_NO, Field.PAID_AT):
            if needed not in mapping.columns:
                raise InvalidMapping(reason="no column for %(key)s", key=needed.value)
        return mapping


def _refuse_unknown(document: AnyMapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(document) - known)
    if unknown:
        raise InvalidMapping(reason="unknown key %(key)s", key=unknown[0])


def _text(document: AnyMapping[str, Any], key: str, *, required: bool = False) -> str:
    value = document.get(key, "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise InvalidMapping(reason="%(key)s is not a text", key=key)
    return value.strip()


def _headers(document: AnyMapping[str, Any], key: str) -> dict[str, tuple[str, ...]]:
    found = document.get(key, {})
    if not isinstance(found, dict):
        raise InvalidMapping(reason="%(key)s is not an object", key=key)
    result = {}
    for name, headers in found.items():
        listed = [headers] if isinstance(headers, str) else headers
        if not isinstance(listed, list) or not all(isinstance(header, str) for header in listed):
            raise InvalidMapping(reason="%(key)s is not a list of column names", key=f"{key}.{name}")
        if listed:
            result[str(name)] = tuple(listed)
    return result


def _field(name: str) -> Field:
    try:
        return Field(name)
    except ValueError as error:
        raise InvalidMapping(reason="unknown field %(key)s", key=name) from error


def _choice(document: AnyMapping[str, Any], key: str, kind: type[_E], default: _E) -> _E:
    try:
        return kind(document.get(key, default))
    except ValueError as error:
        raise InvalidMapping(reason="%(key)s is none of %(known)s", key=key, known=", ".join(kind)) from error


def _zone(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if value not in available_timezones():
        raise InvalidMapping(reason="unknown time zone %(key)s", key=value)
    return ZoneInfo(value).key


@dataclass(frozen=True)
class ColumnGuess:
    """What the mapping page proposes for one column: a field, an attribute or nothing, and how sure that is (0–1)."""

    header: str
    field: Field | None
    attribute: str | None
    confidence: float


@dataclass(frozen=True)
class Suggestion:
    """A mapping to start from, with the reason for it per column."""

    mapping: Mapping
    columns: tuple[ColumnGuess, ...]


@dataclass(frozen=True)
class Preview:
    """The head of a file as the mapping page shows it; `rows` are texts, `first_row` is the number of rows[0].

    `header_known` is false where none of the column names is known, so that the header row is a guess.
    """

    file_id: str
    file_name: str
    kind: str
    encoding: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int
    repeated_headers: tuple[str, ...]
    header_known: bool
    suggestion: Suggestion


@dataclass(frozen=True)
class StoredFile:
    """An uploaded file in the installation's files, named by its content."""

    file_id: str
    file_name: str
    size_bytes: int


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class StartedImport:
    """Where to look for an import that was queued."""

    import_id: int
    job_id: int


@dataclass(frozen=True)
class ImportView:
    """An import as screens and programs see it. `counts` is the result so far, complete once the state is final."""

    id: int
    job_id: int
    file_name: str
    file_id: str
    size_bytes: int
    mapping: Mapping
    dry_run: bool
    state: ImportState
    done: int
    total: int
    counts: AnyMapping[str, Any]
    error: str
    # The file or the way of reading it is at fault: going on would end in the same way.
    needs_correction: bool
    has_errors_file: bool
    created_by: int | None
    trace_id: str
    created_at: datetime
    finished_at: datetime | None


class FileProblem(SiyuError):
    """The file as a whole cannot be imported."""

    code = "file_unreadable"
    status = 422
    message = "The file cannot be read: %(reason)s"


def is_about_file(code: str) -> bool:
    """Whether an error code says that the file cannot be imported as it is."""
    return code in {FileProblem.code, *(kind.code for kind in FileProblem.__subclasses__())}


class EmptyFile(FileProblem):
    code = "file_empty"
    message = "The file is empty. Export it again with at least a header line and one order."


class WrongFileType(FileProblem):
    code = "file_wrong_type"
    message = "A file of the kind %(kind)s cannot be imported. Export, save or unpack it as CSV or XLSX, plain or .gz."


class DamagedFile(FileProblem):
    code = "file_damaged"
    message = "The %(kind)s file is damaged or was cut off. Export or upload it again."


class UnknownEncoding(FileProblem):
    code = "file_unknown_encoding"
    message = "The text is neither UTF-8, UTF-16 nor GB18030 (near byte %(position)s). Save it as CSV UTF-8."


class MissingColumns(FileProblem):
    code = "file_missing_columns"
    message = "No column for %(missing)s. The columns found are: %(found)s. Choose the columns in the mapping."


class TooManyColumns(FileProblem):
    code = "file_too_many_columns"
    message = "The file has %(count)s columns; the limit is %(limit)s. Remove those that are not needed."


class TooManyRows(FileProblem):
    code = "file_too_many_rows"
    message = "The file has more than %(limit)s rows. Split it and import the parts."


class FileTooLarge(FileProblem):
    code = "file_too_large"
    status = 413
    message = "The file is larger than %(limit)s MiB. Split it and import the parts, or pack it as .gz."


class UnpacksTooLarge(FileProblem):
    code = "file_unpacks_too_large"
    status = 413
    message = "Unpacked, the file is larger than %(limit)s MiB. Split it, or save a workbook as CSV."


class OpenQuote(FileProblem):
    code = "file_open_quote"
    message = "A quotation mark near row %(row)s is never closed. Correct that cell and export again."


class AmbiguousDates(FileProblem):
    code = "file_ambiguous_dates"
    message = (
        "Dates such as %(example)s can mean day/month or month/day and the column does not tell which. "
        "Choose the date style in the mapping."
    )


class MixedDates(FileProblem):
    code = "file_mixed_dates"
    message = "The dates mix day/month (%(day_first)s) and month/day (%(month_first)s). Correct them or split the file."


class InvalidMapping(SiyuError):
    code = "mapping_invalid"
    status = 422
    message = "The mapping cannot be used: %(reason)s."


class UnknownMapping(SiyuError):
    code = "mapping_unknown"
    status = 404
    message = "There is no mapping named %(name)s. Known ones: %(known)s."
