"""The demo brand at the size of a real one, written straight into records and warehouse.

Only for measurements: the product itself writes through services. What stands there afterwards is what an import of
the same brand leaves, except for the imports themselves; `tests/bench/test_bulk.py` compares the two at a small size.

`python -m bench.bulk --customers 5000000` fills the installation at SIYU_HOME, which must be migrated and empty, and of
which no process but the warehouse may run.
"""
