"""The samples of a real pool: their rows, and their features."""
