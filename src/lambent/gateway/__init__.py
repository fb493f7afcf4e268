"""The front door: identify, authenticate, parse, authorize, validate, dispatch, render."""
