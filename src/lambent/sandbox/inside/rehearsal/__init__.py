"""The task root of a rehearsal: what `rehearse.py` loads as if it were a function."""
