"""One small HTTP/1.1 server on httptools and the event loop: stands alone, knows nothing of AWS."""
