"""The ledger of labels of a real pool, what follows from it, and the label files of annotation tools.

`book` reads and appends; `state` says what follows from the entries; `formats` reads and writes the files of
tools; `intake` turns what people answered into entries.
"""
