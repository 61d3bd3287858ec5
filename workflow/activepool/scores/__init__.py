"""Scores of single samples: uncertainty from the logits, and distance to decision boundaries."""
