"""The demo's function and its picture: files that run in other interpreters, not modules of Lambent."""
