"""The query strategies: one file each; the registry finds every file in this package."""
