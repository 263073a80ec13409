"""The API for programs: `/api/v1/`, documented at `/api/docs`; every operation is one query or service call.

Owns: stored answers of idempotent requests. Words: caller, problem, cursor, idempotency key.
Publishes: nothing. Listens to: nothing.
Limits: 4 MiB per JSON request, `limits` (requests per minute and caller), `idempotency` (24 hours).
"""
