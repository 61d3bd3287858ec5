"""Growing a set of samples that covers the pool: pure functions on features."""
