"""Durable records and code: the cellar. Backends: memory, SQLite."""
