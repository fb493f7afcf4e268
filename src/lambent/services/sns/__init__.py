"""Amazon SNS: standard and FIFO topics, durable, with their deliveries."""
