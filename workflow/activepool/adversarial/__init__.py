"""VAAL: an autoencoder and a discriminator that learns to tell labelled from unlabelled images."""
