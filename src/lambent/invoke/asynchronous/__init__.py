"""Asynchronous invocation: events that wait durably, are retried as AWS retries them, and end at their destinations."""
