"""Experiment trackers: copies of an experiment's numbers and figures, for those who look at them there."""
