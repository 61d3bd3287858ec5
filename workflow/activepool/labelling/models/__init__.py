"""The model of a pool: its training labels, head, predictions, and file."""
