"""Isolation: what holds a function's processes. Knows nothing of invocations."""
