"""The language of filter patterns of CloudWatch Logs: text in, yes or no out. Pure; no pattern can take long."""
