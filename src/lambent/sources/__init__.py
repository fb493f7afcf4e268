"""Event source mapping pollers: what they read, what they filter out, how they batch and invoke."""
