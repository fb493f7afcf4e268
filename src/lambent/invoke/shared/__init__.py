"""Environments that run several invocations at once: functions on managed instances."""
