"""What Snakemake's own process does for a project: a real pool that people label in batches."""
