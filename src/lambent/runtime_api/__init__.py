"""What a function's process talks to: the private framed socket and the Runtime API over HTTP."""
