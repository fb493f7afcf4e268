"""Frozen values shared by all floors. Nothing here does I/O, holds a lock or knows a clock."""
