"""The command line: argv -> Settings -> app, or a signed request to a running server. Thin: no logic of its own."""
