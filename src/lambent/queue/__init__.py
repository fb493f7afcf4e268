"""Durable, delayed, leased messages. Backends: memory, SQLite."""
