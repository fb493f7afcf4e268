"""Measurements of Lambent against baselines that run in the same minutes on the same machine: `python -m bench`."""
