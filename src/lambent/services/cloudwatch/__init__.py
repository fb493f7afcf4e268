"""Amazon CloudWatch: metrics read and written, metric math, alarms, dashboards. Logs are a service of their own."""
