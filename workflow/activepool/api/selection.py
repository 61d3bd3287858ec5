"""Which samples to label next, from arrays in memory or on disk."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from activepool.api.arrays import (
    Features,
    Rows,
    feature_matrix,
    require_computable,
    require_matching_indexes,
    require_row_order,
    to_compute,
    to_rows,
    to_whole,
)
from activepool.api.given_heads import to_head
from activepool.api.heads import Head, train_on
from activepool.api.labels import Classes, Labelled, labelled_set, number_labels, to_classes
from activepool.api.options import check_options
from activepool.api.rounds import memory_of, pool_rows, shared_arrays
from activepool.compute.arrays import IntArray
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.features.ranges import CheckedFeatures
from activepool.heads.linear import FIXED_WEIGHT_DECAY
from activepool.strategies.assembly import assemble_query
from activepool.strategies.checked_selection import checked_pick
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import completed, find_strategy


def select(
    strategy: str | Strategy,
    features: Features,
    *,
    budget: int,
    labels: Any = None,
    labelled: Rows | None = None,
    pool: Rows | None = None,
    exclude: Rows | None = None,
    validation: Rows | None = None,
    classes: Classes = None,
    head: Any = None,
    weight_decay: float | Sequence[float] | None = None,
    class_weight: str | None = None,
    seed: int = 0,
    round: int = 1,
    remaining_budget: int | None = None,
    oracle_labels: Any = None,
    state: dict[Any, Any] | None = None,
    device: str | None = None,
    workers: int | None = None,
    **options: Any,
) -> IntArray:
    """Return the rows to label next, in the order in which the strategy picks them.

    Args:
        strategy: a built-in strategy's name, ``file.py:function``, or a function declared by ``@strategy``.
        features: (N, d) array, memory map, HDF5 dataset or torch tensor; read in blocks, never copied whole.
        budget: how many rows to pick.
        labels: numbers or names: either of all rows, (N,), with -1, None or NaN for unknown ones; or only of
            the rows ``labelled``, (m,).
        labelled: the labelled rows, as numbers or a mask; by default, all rows with a known label.
        pool: rows that may be picked; by default, all. Labelled rows are never picked.
        exclude: rows that may not be picked.
        validation: labelled rows that choose the head's weight decay and, for `uherding`, its temperature;
            they are not picked.
        classes: all classes in their order, or their number; by default, those in ``labels``, sorted; or in
            ``oracle_labels``, if the strategy reads these.
        head: the head, for strategies that read one: what `train_head` returns, a pair (weight, bias), or a
            fitted linear model of scikit-learn or torch. By default, `train_head` trains one on the labelled
            rows.
        weight_decay, class_weight: settings of this training, see `train_head`; but without validation rows,
            the default here is one weight decay, 1e-4.
        seed, round: determine the random numbers, as in the workflow; round R, from 1, trains on these picks.
        remaining_budget: the budget of this and all later rounds, for strategies that plan ahead; by default
            ``budget``.
        oracle_labels: (N,) true labels, for strategies that read the labels of the pool.
        state: a dict for what a strategy reuses in later rounds; pass the same dict in each round. It saves
            time and changes no picks, except for ``cluster_once`` of margin clustering.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``auto``; by default, where the features are.
        workers: number of threads; by default, all processors. It does not affect the picks.
        options: options of the strategy.

    Returns: (budget,) int64 rows of ``features``.

    Raises InputError, with one line that says what is wrong.
    """
    declaration, name = _declaration(strategy)
    all_options, round = check_options(declaration, options, KEYWORDS), to_whole("round", round, 1)
    all_rounds = completed(declaration, all_options)
    declaration = all_rounds.in_round(round)
    if declaration.image_model:
        raise InputError(
            f"strategy {name!r} learns from images, but select has only features; use the workflow"
        )
    rows = {"labelled": labelled, "pool": pool, "exclude": exclude, "validation": validation}
    require_matching_indexes(features, rows, labels=labels, oracle_labels=oracle_labels)
    matrix, compute = feature_matrix(features), to_compute(device, workers, features)
    samples = matrix.shape[0]
    held_out = to_rows("validation", [] if validation is None else validation, samples)
    known_head = None if head is None else to_head(head, matrix, features)
    if classes is None:
        classes = _known_classes(known_head, oracle_labels if declaration.reads_pool_labels else None)
    labelled_rows = labelled_set(labels, labelled, held_out, samples, classes)
    require_row_order(labels, labelled_rows.rows, features)
    unlabelled, candidates = pool_rows(pool, exclude, held_out, labelled_rows.rows, samples)
    if declaration.reads_features or declaration.is_scored:
        require_computable(matrix, candidates)
    checked = CheckedFeatures(matrix)
    budget, seed = to_whole("budget", budget, 1), to_whole("seed", seed, 0)
    _require_rows(budget, unlabelled, labelled_rows, samples)
    if known_head is None and "head" in declaration.reads:
        decay = FIXED_WEIGHT_DECAY if weight_decay is None and not len(held_out) else weight_decay
        known_head = train_on(checked, labelled_rows, held_out, decay, class_weight, seed, compute)
    _require_same_classes(head, known_head, labelled_rows)
    remaining = _remaining_budget(remaining_budget, budget)
    memory = memory_of(state, (name, seed, repr(sorted(all_options.items()))), matrix)
    oracle, num_classes = _oracle(name, declaration, labelled_rows, oracle_labels, unlabelled, samples)
    query = assemble_query(
        declaration,
        budget=budget,
        unlabelled=unlabelled,
        labelled=labelled_rows.rows,
        labels=_labels(name, declaration, labelled_rows),
        num_classes=num_classes if known_head is None else len(known_head.classes),
        seed=seed,
        round_number=round,
        features=checked,
        head=None if known_head is None else known_head.linear,
        remaining_budget=remaining,
        validation=_validation(declaration, labelled_rows, held_out),
        oracle_labels=oracle,
        prepared=shared_arrays(memory, all_rounds, checked, candidates, seed, compute, all_options),
        state=memory.get("state"),
        compute=compute,
    )
    selection = checked_pick(declaration, query, all_options, name)
    memory["state"] = selection.state
    return selection.index


def _declaration(strategy: Any) -> tuple[Strategy, str]:
    """Return a strategy, and its name in messages."""
    if isinstance(strategy, Strategy):
        return strategy, strategy.name
    if isinstance(strategy, str):
        return find_strategy(strategy), strategy
    undeclared = "; declare the function with @strategy" if callable(strategy) else ""
    raise InputError(
        f"strategy is a {type(strategy).__name__}; it must be a name, file.py:function, or a declared "
        f"strategy{undeclared}"
    )


def _known_classes(head: Head | None, oracle_labels: Any) -> Classes:
    """Return the classes of the head, or else those of the true labels; None without either."""
    if head is not None:
        return to_classes(head.classes, "head: classes", "number them from 0, or name them")
    if oracle_labels is not None:
        return number_labels("oracle_labels", oracle_labels)[1]  # some of which may have no label yet
    return None


def _remaining_budget(remaining_budget: int | None, budget: int) -> int:
    """Return the budget of this and all later rounds."""
    remaining = to_whole("remaining_budget", budget if remaining_budget is None else remaining_budget, 1)
    if remaining < budget:
        raise InputError(f"remaining_budget is {remaining}; it includes this round's budget, {budget}")
    return remaining


def _require_rows(budget: int, unlabelled: IntArray, labelled: Labelled, samples: int) -> None:
    """Raise InputError if fewer rows than the budget can be picked."""
    if budget <= len(unlabelled):
        return
    hint = ""
    if len(labelled.rows) == samples:
        hint = (
            f": all {samples} have a label; give -1, None or an empty name where it is not known, or the "
            "rows with a label as labelled"
        )
    raise InputError(f"budget is {budget}, but only {len(unlabelled)} rows can be picked{hint}")


def _labels(name: str, strategy: Strategy, labelled: Labelled) -> IntArray | None:
    """Return the labels of the labelled rows; InputError if the strategy reads them and there are none."""
    if labelled.labels is None and strategy.reads_labels and len(labelled.rows):
        raise InputError(f"strategy {name!r} may read the labels of the labelled rows; give labels")
    return np.empty(0, np.int64) if labelled.labels is None else labelled.labels


def _validation(
    strategy: Strategy, labelled: Labelled, held_out: IntArray
) -> tuple[IntArray, IntArray] | None:
    """Return the validation rows and their labels for a strategy that reads them."""
    if "validation" not in strategy.reads or not len(held_out):
        return None
    return held_out, labelled.validation_labels(held_out)


def _require_same_classes(model: Any, head: Head | None, labelled: Labelled) -> None:
    if head is None or labelled.classes is None:
        return
    if len(head.classes) != len(labelled.classes):
        raise InputError(f"head has {len(head.classes)} classes, and classes {len(labelled.classes)}")
    is_named = any(getattr(model, name, None) is not None for name in ("classes", "classes_"))
    if is_named and head.classes.tolist() != labelled.classes.tolist():
        raise InputError("head has other classes than classes, or in another order; leave classes out")


def _oracle(
    name: str, strategy: Strategy, labelled: Labelled, oracle_labels: Any, unlabelled: IntArray, samples: int
) -> tuple[IntArray | None, int]:
    """Return the true labels of the pool, if the strategy reads them, and the number of classes."""
    all_labels, classes = labelled.all_labels, labelled.classes
    if not strategy.reads_pool_labels:
        return None, 0 if classes is None else len(classes)
    if oracle_labels is not None:
        all_labels, classes = number_labels("oracle_labels", oracle_labels, classes)
        if len(all_labels) != samples:
            raise InputError(
                f"oracle_labels has the length {len(all_labels)}; it must be {samples}, the rows of features"
            )
        _require_true_labels(labelled, all_labels, classes)
    if all_labels is None or classes is None or (all_labels[unlabelled] == UNKNOWN).any():
        raise InputError(f"strategy {name!r} reads labels of the pool; give oracle_labels, one for each row")
    return all_labels[unlabelled], len(classes)


def _require_true_labels(labelled: Labelled, true_labels: IntArray, classes: np.ndarray) -> None:
    """Raise InputError if the true labels (N,) contradict a label of the labelled set."""
    if labelled.labels is None:
        return
    expected = true_labels[labelled.rows]
    if len(wrong := np.flatnonzero((expected != labelled.labels) & (expected != UNKNOWN))):
        truth, label = (classes[labels[wrong[0]]].item() for labels in (expected, labelled.labels))
        others = f" ({len(wrong):,} such rows)" if len(wrong) > 1 else ""
        raise InputError(
            f"oracle_labels has {truth!r} in row {labelled.rows[wrong[0]]}, where labels has {label!r}; "
            f"correct one of them{others}"
        )


#: The keywords of `select` itself; all others are options of the strategy.
KEYWORDS = tuple(
    name
    for name, parameter in inspect.signature(select).parameters.items()
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY
)
