"""The organisation's pages: places, staff, roles, files of both, and the scope switch."""
