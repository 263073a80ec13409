"""Pure decisions of `ingest`: what one cell means, and why a row is rejected."""
