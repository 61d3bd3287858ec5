"""What Snakemake's own process needs: the configuration, its checks, code digests, file names.

The rules are data flow; all that is Python about them is here. This package imports the library for
what it declares (strategies, kinds of dataset), never for work, and never imports torch.
"""
