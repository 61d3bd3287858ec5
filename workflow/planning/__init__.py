"""The Python behind the rules: the configuration, its checks, code digests, file names.

It runs in Snakemake's own process. It imports the library for its declarations (strategies, kinds of
dataset), never for work, and never imports torch.
"""
