"""AWS X-Ray: segments put and read back as traces, summaries, a service graph; groups and sampling rules."""
