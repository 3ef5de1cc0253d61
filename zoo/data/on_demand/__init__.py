"""Examples that are read by position when a batch needs them: data may be larger than memory."""
