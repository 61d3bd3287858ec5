"""VAAL: an autoencoder and a discriminator that learn to tell labelled images from unlabelled ones."""
