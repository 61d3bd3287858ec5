"""The library for Python sessions: arrays in, row numbers out; the same picks as the stages."""
