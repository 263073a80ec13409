"""The operations, one module per resource; each parses, calls one query or service, and answers."""
