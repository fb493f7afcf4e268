"""The data plane: which environment runs an invocation, what its caller and its log are told, when it ends."""
