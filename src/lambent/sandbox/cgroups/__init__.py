"""Control groups: what limits, counts, freezes and kills an environment's processes. One module a kernel interface."""
