"""Amazon EventBridge Pipes: from a queue, through filters and an enrichment, to a target."""
