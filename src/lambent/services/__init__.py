"""The AWS APIs, control plane only, one folder each."""
