"""What an operation does when somebody else's write came between its read and its own: it starts anew."""

from __future__ import annotations

from lambent.services.lambda_ import errors
from lambent.services.races import again_or

again_on_conflict = again_or(errors.too_many_changes)
"""After twenty defeats the caller is told to come back (409)."""
