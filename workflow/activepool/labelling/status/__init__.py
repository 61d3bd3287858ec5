"""How far the labelling of a pool is, how good its model, and whether to go on."""
