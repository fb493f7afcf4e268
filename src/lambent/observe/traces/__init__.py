"""Traces: segments of requests, kept for thirty days and read back by trace."""
