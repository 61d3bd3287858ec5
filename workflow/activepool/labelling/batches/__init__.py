"""A batch: its picks, and the files that people get."""
