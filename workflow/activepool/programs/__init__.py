"""Functions as programs: a typed declaration gives the command line, the record and the messages."""
