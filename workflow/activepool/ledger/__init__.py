"""The ledger of labels of a real pool, the state that follows from it, and the files of annotation tools.

`book` reads and appends; `state` derives the state of samples and batches; `formats` reads and writes the
files of tools; `intake` turns answers into entries.
"""
