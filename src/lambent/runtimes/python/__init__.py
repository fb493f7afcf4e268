"""Runs inside the sandbox: never imported by the platform, imports nothing of it."""
