"""The language of event patterns, and how an event finds those of many rules that match: pure."""
