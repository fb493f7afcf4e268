"""AWS Identity and Access Management: users, groups, roles, policies and keys of an account."""
