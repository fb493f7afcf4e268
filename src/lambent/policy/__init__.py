"""Who may do what: IAM's policy language and its evaluation, pure. Nothing here reads a store or raises ApiError."""
