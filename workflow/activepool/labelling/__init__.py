"""The loop in which people label a real pool: what goes out to them, comes back, and is made of it."""
