"""The share of the workers that read images."""


def reading_workers(workers: int, processes: int = 1) -> int:
    """Return how many further processes each of ``processes`` starts to read images.

    A single one would cost more than it saves: the process then reads the images itself.
    """
    share = workers // processes
    return share if share > 1 else 0
