"""The share of the workers that read images."""


def reading_workers(workers: int, processes: int = 1) -> int:
    """Return how many further processes each of ``processes`` has read images.

    One would cost more than it brings: the process then reads itself.
    """
    share = workers // processes
    return share if share > 1 else 0
