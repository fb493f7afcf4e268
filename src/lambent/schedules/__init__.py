"""Schedule expressions in AWS's dialect: `rate()`, `cron()`, `at()`, when they are due next, and waiting for that.

All is pure but `alarms`, which waits.
"""
