"""Splits of a dataset: test part, validation, initial pool.

A split contains only rows with a known label; it depends on the labels, a fraction or size, and a seed.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import balanced_counts, draw_per_class
from activepool.data.class_names import loose_form, quoted_pair
from activepool.errors import InputError

#: How the size of a validation split is rounded: to whole samples or, as in the code of Emam et al. 2021,
#: down to a multiple of the number of classes.
RoundTo = Literal["samples", "classes"]

NO_ROWS = np.empty(0, dtype=np.int64)


def unlabelled_pool(num_train: int, validation: IntArray, labelled: IntArray = NO_ROWS) -> IntArray:
    """Return the rows that are neither validation nor labelled, ascending, (n,) int64.

    Raises InputError if a row is outside the train part, or both in validation and labelled.
    """
    is_free = np.ones(num_train, dtype=bool)
    for name, rows in (("the validation split", validation), ("the labelled set", labelled)):
        outside = rows[(rows < 0) | (rows >= num_train)]
        if outside.size:
            raise InputError(f"{name} names row {outside[0]}, but train/features has {num_train} rows")
        repeated = rows[~is_free[rows]]
        if repeated.size:
            raise InputError(f"{name} names row {repeated[0]}, which is in the validation split as well")
        is_free[rows] = False
    return np.flatnonzero(is_free)


def held_out_rows(labels: IntArray, fraction: float) -> IntArray:
    """Choose the test part of a dataset that has none.

    Each class gives ``fraction`` of its samples, rounded and at least one, and keeps at least one; the only
    sample of a class stays in the train part. Rows of label -1 stay in the train part.

    Returns: the test rows, ascending: they belong to the dataset, and are the same for all seeds.
    """
    _require_fraction("test_fraction", fraction)
    labelled = np.flatnonzero(labels >= 0)
    per_class = np.bincount(labels[labelled])
    counts = np.minimum(np.maximum(np.rint(fraction * per_class), 1), per_class - 1).astype(np.int64)
    return np.sort(draw_per_class(labelled, labels[labelled], counts, generator(0, 0, "test")))


def validation_counts(
    class_counts: IntArray, fraction: float, class_names: Sequence[str], round_to: RoundTo = "samples"
) -> IntArray:
    """Return how many of the ``class_counts`` labelled train samples the validation split has, both (C,).

    It has ``fraction`` of them, between 0 and 1, both excluded, divided as equally as the classes allow. A
    class with labelled samples gives at least one, and keeps at least one for the pool.

    Raises: InputError if a class is too small, or the fraction too small or too large, for that.
    """
    _require_fraction("validation fraction", fraction)
    class_counts = np.asarray(class_counts, dtype=np.int64)
    present = np.flatnonzero(class_counts)
    total, classes = int(class_counts.sum()), len(class_counts)
    size = round(fraction * total) if round_to == "samples" else int(fraction * total) // classes * classes
    if not total:
        raise InputError("the train part has no labelled sample; a validation split needs some")
    if (class_counts == 1).any():
        raise InputError(
            f"{_single_sample(class_counts, class_names)}; the validation split and the pool need one each: "
            "add samples, or leave the class out"
        )
    if size < len(present):
        least = np.ceil((len(present) if round_to == "samples" else classes) / total * 1e4) / 1e4
        raise InputError(
            f"validation fraction {fraction} of {total} labelled train samples is {size}, fewer than one for "
            f"each of {len(present)} classes; it must be at least {least}"
        )
    if size > total - len(present):
        raise InputError(
            f"validation fraction {fraction} of {total} labelled train samples is {size}, which leaves some "
            f"of {len(present)} classes without a sample in the pool; lower it"
        )
    counts = np.zeros_like(class_counts)
    counts[present] = balanced_counts(class_counts[present] - 1, size)
    return counts


def validation_rows(
    labels: IntArray, fraction: float, seed: int, class_names: Sequence[str], round_to: RoundTo = "samples"
) -> IntArray:
    """Return the rows of the validation split, ascending, drawn as `validation_counts` says."""
    labelled = np.flatnonzero(labels >= 0)
    per_class = np.bincount(labels[labelled], minlength=len(class_names))
    counts = validation_counts(per_class, fraction, class_names, round_to)
    return np.sort(draw_per_class(labelled, labels[labelled], counts, generator(seed, 0, "validation")))


def initial_pool(labels: IntArray, validation: IntArray, kind: str, size: int, seed: int) -> IntArray:
    """Return the labelled rows of the first round, (size,), in random order.

    They are drawn from `initial_candidates`: with the kind ``random`` uniformly, with ``balanced`` as equal
    numbers of each class as these allow. A larger random pool begins with the smaller one of the same seed.
    """
    candidates = initial_candidates(labels, validation, size)
    draws = generator(seed, 0, "initial_pool")
    if kind == "random":
        return draws.permutation(candidates)[:size]
    if kind == "balanced":
        classes = labels[candidates]
        return draw_per_class(candidates, classes, balanced_counts(np.bincount(classes), size), draws)
    raise InputError(f"initial pool: kind {kind!r} is not known; it must be random or balanced")


def initial_candidates(labels: IntArray, validation: IntArray, size: int) -> IntArray:
    """Return the rows that may be labelled first, ascending; raises InputError if fewer than ``size``."""
    pool = unlabelled_pool(len(labels), validation)
    candidates = pool[labels[pool] >= 0]
    if not 1 <= size <= len(candidates):
        raise InputError(
            f"initial pool of {size} samples: it must be from 1 to {len(candidates)}, "
            "the labelled train samples outside the validation split"
        )
    return candidates


def _single_sample(class_counts: IntArray, class_names: Sequence[str]) -> str:
    singles = np.flatnonzero(class_counts == 1).tolist()
    by_size = np.argsort(class_counts, kind="stable").tolist()
    larger = {loose_form(class_names[number]): number for number in by_size if class_counts[number] > 1}
    typos = (number for number in singles if loose_form(class_names[number]) in larger)
    single = next(typos, singles[0])
    likely = larger.get(loose_form(class_names[single]), single)
    name, likely_name = quoted_pair(class_names[single], class_names[likely])
    count = f" ({len(singles):,} such classes)" if len(singles) > 1 else ""
    hint = f" (there is also {likely_name}, with {class_counts[likely]:,})" if likely != single else ""
    return f"class {name}{hint} has 1 labelled train sample{count}"


def _require_fraction(name: str, fraction: float) -> None:
    if not 0 < fraction < 1:
        raise InputError(f"{name}: {fraction} must lie between 0 and 1, both excluded")
