"""Durable executions: what functions have checkpointed, and what drives them on."""
