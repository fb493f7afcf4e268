"""Logs Insights: the query language, and what asks events by it. Pure, but for `worker`, a process of its own."""
