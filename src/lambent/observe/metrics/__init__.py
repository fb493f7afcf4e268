"""Metrics: values summed up by minute or second, kept for as long as CloudWatch keeps them, and read as statistics."""
