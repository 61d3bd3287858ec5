"""One round of a strategy, by the library and by its naive transcription, each ready to be measured.

Each function opens its input and returns the work itself, as `measuring.measure` expects.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import measuring
import numpy as np
from threadpoolctl import threadpool_limits

from activepool.compute.blocks import Compute
from activepool.compute.seeds import generator
from activepool.data.splits import unlabelled_pool
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head
from activepool.strategies.assembly import assemble_query, prepare_rounds
from activepool.strategies.registry import find_strategy

#: The seed and round of the strategies' random streams.
SEED, ROUND = 0, 1


@dataclass(frozen=True)
class Case:
    """A pool with a labelled set and a head: the input of all strategies at one size.

    Attributes:
        features: features.h5 with the whole pool.
        head: head.h5.
        labelled: (m,) rows.
        budget: how many to pick.
        device: of the library, and of the naive transcriptions that can use it.
        workers: threads.
        dtype: of the naive transcriptions, ``float32`` or ``float64``.
        limit: seconds that a naive loop may take.
    """

    features: Path
    head: Path
    labelled: np.ndarray
    budget: int
    device: str
    workers: int
    dtype: str = "float32"
    limit: float = float("inf")

    @property
    def compute(self) -> Compute:
        """Device and workers."""
        return Compute(self.device, self.workers)


@dataclass(frozen=True)
class Work:
    """A strategy with its options.

    Attributes:
        name: of its row in the table.
        strategy: its name in the registry.
        options: its options.
        prepared: the result of its ``prepare``, if it has one.
    """

    name: str
    strategy: str
    options: dict[str, Any] = field(default_factory=dict)
    prepared: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class NaiveOutcome:
    """The result of a naive transcription: its picks, and the time of the steps that it left out.

    Attributes:
        picks: (budget,) rows.
        unmeasured: seconds.
        unmeasured_cpu: seconds of CPU time.
    """

    picks: np.ndarray
    unmeasured: float = 0.0
    unmeasured_cpu: float = 0.0


def library_round(case: Case, work: Work) -> Callable[[], np.ndarray]:
    """Return the work of scoring and selecting through the library, like the stages; it returns the picks."""
    strategy = find_strategy(work.strategy, work.options)
    file, head = FeatureFile(case.features), read_head(case.head)

    def select() -> np.ndarray:
        with threadpool_limits(1):
            query = assemble_query(
                strategy,
                **_facts(case, work, file),
                seed=SEED,
                round_number=ROUND,
                features=file.train.features,
                head=head,
                compute=case.compute,
            )
            return strategy.pick(query, **work.options).index

    return select


def library_prepare(case: Case, work: Work) -> Callable[[], dict[str, np.ndarray]]:
    """Return the work of a strategy's ``prepare``; it returns the arrays."""
    strategy = find_strategy(work.strategy, work.options)
    features = FeatureFile(case.features).train.features
    pool = np.arange(features.shape[0])

    def prepare() -> dict[str, np.ndarray]:
        with threadpool_limits(1):
            return prepare_rounds(strategy, features, pool, SEED, case.compute, work.options)

    return prepare


def naive_round(case: Case, work: Work) -> Callable[[], NaiveOutcome]:
    """Return the work of the strategy's naive transcription, which reads all features first."""
    import torch
    from naive import NAIVE
    from naive_round import Limit, Round

    torch.set_num_threads(case.workers)
    strategy = find_strategy(work.strategy, work.options)
    device = naive_device(case, work)
    file, head = FeatureFile(case.features), read_head(case.head)
    limit = Limit(case.limit)

    def select() -> NaiveOutcome:
        facts = _facts(case, work, file)
        facts["generator"] = generator(SEED, ROUND, f"select/{strategy.name}")
        if "features" in strategy.reads:
            facts["features"] = _all_features(case, device)
        if "head" in strategy.reads:
            kind = {"dtype": getattr(torch, case.dtype), "device": device}
            facts["weight"] = torch.from_numpy(head.weight).to(**kind)
            facts["bias"] = torch.from_numpy(head.bias).to(**kind)
        with threadpool_limits(case.workers):
            picks = NAIVE[work.strategy](Round(**facts, limit=limit), **work.options)
        return NaiveOutcome(picks, limit.unmeasured, limit.unmeasured_cpu)

    return select


def naive_prepare(case: Case, work: Work) -> Callable[[], NaiveOutcome]:
    """Return the work of clustering the pool in full."""
    from naive import NAIVE_PREPARE

    cluster = NAIVE_PREPARE[work.strategy]
    return lambda: NaiveOutcome(cluster(_all_features(case, "cpu")))


def naive_device(case: Case, work: Work) -> str:
    """Return the device on which the naive transcription runs."""
    from naive import CPU_ONLY

    return "cpu" if work.strategy in CPU_ONLY else case.device


def library_product(case: Case, rows: int, columns: int) -> Callable[[], None]:
    """Return the work of the bare product of ``rows`` features with a matrix of ``columns`` columns."""
    features = FeatureFile(case.features).train.features
    matrix = np.random.default_rng(0).standard_normal((columns, features.shape[1]), dtype=np.float32)
    return lambda: measuring.bare_product(features, rows, matrix, case.compute)


def library_reading(case: Case) -> Callable[[], None]:
    """Return the work of reading all features."""
    features = FeatureFile(case.features).train.features
    return lambda: measuring.read_through(features, features.shape[0], case.compute)


def _all_features(case: Case, device: str) -> Any:
    import torch

    with h5py.File(case.features) as file:
        return torch.from_numpy(file["train/features"][:]).to(device=device, dtype=getattr(torch, case.dtype))


def _facts(case: Case, work: Work, file: FeatureFile) -> dict[str, Any]:
    """Return the common input of library and naive transcription."""
    unlabelled = unlabelled_pool(len(file.train.labels), np.empty(0, dtype=np.int64), case.labelled)
    return {
        "budget": case.budget,
        "unlabelled": unlabelled,
        "labelled": case.labelled,
        "labels": file.train.labels[case.labelled],
        "num_classes": len(file.class_names),
        "prepared": work.prepared,
        "oracle_labels": file.train.labels[unlabelled],
        "remaining_budget": case.budget,
    }
