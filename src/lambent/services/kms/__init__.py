"""AWS Key Management Service: symmetric keys, their aliases, policies and grants, and encryption with them."""
