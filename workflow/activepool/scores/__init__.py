"""What is measured on one sample: uncertainty from its logits, distance to decision boundaries."""
