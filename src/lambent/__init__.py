"""Lambent: AWS Lambda, whole, on machines that people own."""

__version__ = "0.1.0"
