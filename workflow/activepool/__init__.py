"""Pool-based active learning on self-supervised features.

The library under the workflow. It knows nothing of Snakemake, of the folder ``results/`` or of the
configuration file: ``activepool.stages`` are the programs that join it to files.
"""

__version__ = "0.2.0"
