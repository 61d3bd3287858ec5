"""A batch: what is picked, and what people get of it."""
