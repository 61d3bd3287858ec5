"""The query strategies: one file each, found by being here."""
