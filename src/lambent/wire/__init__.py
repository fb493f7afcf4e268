"""The AWS protocols, both directions, driven by the models that botocore ships. Sans-IO; imports nothing of ours.

A server goes `route` -> `server.parse_request` -> `validate` -> ... -> `server.render_response` or
`server.render_error`; a client goes `client.render_request` -> ... -> `client.parse_response` or `parse_error`.
"""
