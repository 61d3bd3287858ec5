"""What comes back from people."""
