"""The import of orders: a mapped table, row by row, into people, orders and refunds, in one pass and bounded memory."""
