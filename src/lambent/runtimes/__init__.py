"""What runs functions: finding interpreters, choosing one, and the library each is given."""
