"""Imports of order files."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from ninja import Field, Schema

from siyu.api.schemas.inputs import Input
from siyu.ingest.contracts import ImportState, ImportView
from siyu.kernel.errors import told


class ColumnOut(Schema):
    """What a column seems to be: a field of an order, an attribute of the customer, or nothing."""

    header: str
    field: str | None
    attribute: str | None
    confidence: float


class FileOut(Schema):
    """An uploaded file, what its head looks like, and the mapping that Siyu proposes for it.

    `file` stands for it when the import is started; keep it as it is.
    """

    file: str
    file_name: str
    size_bytes: int
    kind: str
    encoding: str
    headers: list[str]
    repeated_headers: list[str] = Field(description="Names that come more than once; later ones are numbered.")
    header_known: bool = Field(description="False if no name is known: the header row is then a guess.")
    rows: list[list[str]]
    first_row: int
    mapping: dict[str, object]
    columns: list[ColumnOut]


class ImportIn(Input):
    file: str = Field(description="As the upload answered it.", max_length=2000)
    mapping: str | dict[str, object] = Field(description="The name of a saved mapping, or a mapping document.")
    dry_run: bool = Field(False, description="Count everything, change nothing.")


class ImportOut(Schema):
    """`counts` has rows, accepted, rejected, duplicates, orders, customers, net_sales_fen as far as they are known.

    `error` says in the caller's language why an import has failed.
    """

    id: int
    job_id: int
    file_name: str
    size_bytes: int
    mapping: dict[str, object]
    dry_run: bool
    state: ImportState
    done: int
    total: int
    counts: dict[str, object]
    error: str
    has_errors_file: bool
    created_by: int | None
    trace_id: str
    created_at: datetime
    finished_at: datetime | None

    @staticmethod
    def resolve_mapping(obj: ImportView) -> dict[str, object]:
        return obj.mapping.to_json()

    @staticmethod
    def resolve_error(obj: ImportView) -> str:
        return told(obj.error, gettext)


class ImportPage(Schema):
    items: list[ImportOut]
    next_cursor: str | None


class MappingNames(Schema):
    items: list[str]
