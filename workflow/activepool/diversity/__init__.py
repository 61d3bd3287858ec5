"""Choice of samples that cover the pool, by their features."""
