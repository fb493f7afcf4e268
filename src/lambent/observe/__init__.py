"""What happened: logs. Never durable, never in the way of an invocation."""
