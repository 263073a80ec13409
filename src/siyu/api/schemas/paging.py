"""Pages of lists."""

from __future__ import annotations

from typing import Annotated

from ninja import Query

from siyu.kernel.paging import MAX_PAGE_ROWS

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_ROWS, description="Rows of the page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before; without, the first page.")]
