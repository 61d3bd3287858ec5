"""Typed functions as programs with a command line, a record and clear errors."""
