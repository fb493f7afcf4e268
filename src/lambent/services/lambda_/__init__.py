"""AWS Lambda's own API: functions, their code and versions, and the call that runs them."""
