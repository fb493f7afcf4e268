"""The bill: what functions used, by day, and what AWS would have asked for it."""
