"""Experiment trackers: they get copies of an experiment's numbers and figures."""
