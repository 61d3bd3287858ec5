"""Self-supervised pretraining of a backbone on a dataset's own images."""
