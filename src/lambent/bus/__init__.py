"""Wake and invalidate. Backend: memory (one process)."""
