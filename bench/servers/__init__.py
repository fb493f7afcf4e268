"""The baseline servers: what the machine can do at all."""
