"""How a set of samples is grown so that it covers the pool: pure functions on features."""
