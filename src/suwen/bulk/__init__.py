"""An application over many records, on durable jobs."""
