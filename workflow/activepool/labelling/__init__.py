"""The loop in which people label a real pool: batches go out, answers come back, and models train on them."""
