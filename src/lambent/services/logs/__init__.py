"""CloudWatch Logs: groups, streams, events, filters, subscriptions, queries. The lines themselves are `observe`'s."""
