"""Django's SQLite backend with a fair gate in front of write transactions."""
