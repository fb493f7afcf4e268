"""Groups of rooms, each put together from what it needs; `app.py` calls them in order and names the rest."""
