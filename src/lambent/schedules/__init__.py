"""Schedule expressions in AWS's dialect: `rate()`, `cron()`, `at()`, and when they are due next. Pure."""
