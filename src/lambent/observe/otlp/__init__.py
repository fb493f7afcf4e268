"""What goes to an OpenTelemetry collector, as OTLP over HTTP in JSON."""
