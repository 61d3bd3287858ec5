"""The order of the tests: the longest files come first, so that no core waits for another at the end."""

from pathlib import Path

#: Files of tests that take a minute or more.
LONGEST = (
    "test_paper_figures.py",
    "test_kills.py",
    "test_killed_loop.py",
    "test_slurm.py",
    "test_reruns.py",
    "test_labelling_loop.py",
    "test_cluster_generic.py",
    "test_whole_run.py",
    "test_pool_shards.py",
    "test_finetuning_run.py",
    "test_same_bits.py",
    "test_kubernetes.py",
)


def place(path: Path) -> int:
    """Return the place of a file: first the longest, then those that run Snakemake, then all others."""
    if path.name in LONGEST:
        return LONGEST.index(path.name)
    return len(LONGEST) + (path.parent.name != "workflow")
