"""Amazon SQS: standard and FIFO queues, durable."""
