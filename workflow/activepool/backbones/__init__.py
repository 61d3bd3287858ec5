"""Backbones: networks that turn images into features, each with its own preprocessing."""
