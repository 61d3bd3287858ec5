"""The query of a round, read from files, for the stages that select or precompute."""

from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.data.annotations import UNLABELABLE
from activepool.data.label_file import LabelFile
from activepool.data.round_samples import known_labels, read_pool, used_labels
from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head
from activepool.io.hdf5 import read_arrays
from activepool.io.index_files import read_index
from activepool.io.score_files import ScoreTable, read_scores
from activepool.strategies.assembly import assemble_query
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query


@dataclass(frozen=True)
class QueryFiles:
    """The files of a query, except the features; None for a file that the strategy does not read."""

    validation: str
    labelled: str
    annotations: str | None = None
    head: str | None = None
    scores: str | None = None
    prepared: str | None = None
    state: str | None = None


def read_query(
    strategy: Strategy,
    file: LabelFile,
    files: QueryFiles,
    *,
    budget: int,
    seed: int,
    round_number: int,
    compute: Compute,
    remaining_budget: int | None = None,
    table: ScoreTable | None = None,
) -> tuple[Query, IntArray, UsedLabels | None]:
    """Read what the strategy declares, and nothing else.

    If the strategy reads labels, its labelled set excludes picks that cannot be labelled. Otherwise it
    includes them, so that no annotation changes the next picks.

    Args:
        strategy: the strategy that receives the query.
        file: the open features, or the samples if the strategy reads no features.
        files: all other files.
        budget, seed, round_number, compute, remaining_budget: see `assemble_query`.
        table: the scores, by default from ``files.scores``. The query covers its rows, which may be a
            shard of the unlabelled pool.

    Returns: the query, all earlier picks (m,) in their order, and the annotations that the query contains.
    """
    picked, unlabelled = read_pool(len(file.train.labels), files.validation, files.labelled)
    picked_labels = known_labels(file, picked, files.annotations)
    if table is None and files.scores:
        table = read_scores(files.scores)
        if not np.array_equal(table.index, unlabelled):
            raise InputError(f"{files.scores}: its rows are not the unlabelled pool of this round; delete it")
    table = table or ScoreTable(unlabelled)
    label_parts = [(picked[:0], picked_labels[:0])]  # rows whose labels the query contains, and these labels
    labelled = picked
    if strategy.reads_labels:
        labelled = picked[picked_labels != UNLABELABLE]
        label_parts.append((picked, picked_labels))
    oracle_labels = None
    if strategy.reads_pool_labels:
        oracle_labels = _oracle_labels(strategy, file, table.index, files.annotations)
        label_parts.append((table.index, oracle_labels))
    validation = None
    if "validation" in strategy.reads:
        held_out = read_index(files.validation)
        held_out_labels = known_labels(file, held_out, files.annotations)
        label_parts.append((held_out, held_out_labels))
        is_known = held_out_labels != UNLABELABLE
        validation = held_out[is_known], held_out_labels[is_known]
    features = file.train.features if isinstance(file, FeatureFile) else None
    query = assemble_query(
        strategy,
        budget=budget,
        unlabelled=table.index,
        labelled=labelled,
        labels=picked_labels[picked_labels != UNLABELABLE],
        num_classes=len(file.class_names),
        seed=seed,
        round_number=round_number,
        features=features,
        head=read_head(files.head, features.shape[1]) if files.head and features else None,
        predicted=table.predicted,
        # A file without scores is an error, which the query raises when the strategy reads a score.
        scores=table.scores if files.scores or table.scores else None,
        nearest=table.nearest,
        per_sample=table.per_sample,
        prepared=read_arrays(files.prepared) if files.prepared else None,
        state=read_arrays(files.state) if files.state else None,
        remaining_budget=remaining_budget,
        validation=validation,
        oracle_labels=oracle_labels,
        compute=compute,
        pool_size=len(unlabelled),
    )
    rows, labels = map(np.concatenate, zip(*label_parts, strict=True))
    return query, picked, used_labels(file, rows, labels, files.annotations)


def _oracle_labels(
    strategy: Strategy, file: LabelFile, unlabelled: IntArray, annotations: str | None
) -> IntArray:
    labels = known_labels(file, unlabelled, annotations)
    if (labels == UNLABELABLE).any():
        raise InputError(
            f"{annotations}: {strategy.name} reads labels of the pool, but some samples cannot be labelled; "
            "leave it out"
        )
    return labels
