"""AWS Secrets Manager: secrets in versions, with staging labels, sealed where they lie. Nothing rotates them."""
