"""What Prometheus reads at `/_lambent/metrics`."""
