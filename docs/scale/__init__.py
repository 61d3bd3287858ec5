"""The cost model behind docs/scale.md."""
