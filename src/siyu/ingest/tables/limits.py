"""Limits of files, each with its unit and its reason."""

from __future__ import annotations

# Columns of a table. The widest export of a shop console has about 60; a thousand is a damaged delimiter.
MAX_COLUMNS = 500
# Data rows of one file: two 8-byte hashes per row stay in memory to number equal lines and count people.
MAX_ROWS = 20_000_000
# Bytes of one cell. A longer one is an unclosed quotation mark or a document, not a value of an order.
MAX_CELL_BYTES = 32 * 1024
# Unpacked bytes of a text file: 50 times the largest upload would be a bomb, this is the largest real log twice.
MAX_TEXT_BYTES = 8 * 1024**3
# Unpacked bytes of a workbook. The reader holds a sheet in memory at twice its XML.
MAX_WORKBOOK_BYTES = 192 * 1024**2
# Unpacked bytes of a gzip that are kept in memory between finding its encoding and reading it.
KEPT_BYTES = 64 * 1024**2
# Bytes read from disk at a time.
CHUNK_BYTES = 1024**2
# Bytes of text parsed at a time: about 50,000 rows, which keeps frames near 50 MB.
BLOCK_BYTES = 4 * 1024**2
# Rows of a frame where rows come one by one.
BATCH_ROWS = 50_000
# Rows at the top among which the header is looked for: notices of shop consoles have up to ten lines.
HEAD_ROWS = 30
# Bytes of the head that hold these rows.
HEAD_BYTES = 256 * 1024
