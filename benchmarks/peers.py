"""Strategies beside the same ones of public packages, as far as those are installed.

    python benchmarks/peers.py --size 10000 --budget 200 --output results/benchmarks/peers.csv

Install scikit-activeml, bmdal-reg and small-text into an environment of their own that also finds activepool.
Both sides read one features file, in separate processes that take turns; the table holds medians and their
ratios. Packages that are not installed are skipped. Where a package departs from the strategy here, its
function says how.
"""

import argparse
import importlib
import importlib.util
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from measuring import Measured, in_process, measure, run
from pools import initial_pool, train_on, write_part
from rounds import Case, Work, library_round
from synthetic import write_mixture
from threadpoolctl import threadpool_limits

from activepool.data.splits import unlabelled_pool
from activepool.features.store import FeatureFile
from activepool.heads.linear import LinearHead, read_head
from activepool.io.files import write_table

#: The radius of probcover, on features of length 1.
RADIUS = 1.35


@dataclass(frozen=True)
class PeerPool:
    """The input of a peer.

    Attributes:
        features: (N, d) float32.
        labelled: (m,) rows.
        unlabelled: (n,) rows.
        labels: (N,) of the labelled set, NaN elsewhere.
        budget: how many to pick.
        head: trained on the labelled set.
        workers: threads.
    """

    features: np.ndarray
    labelled: np.ndarray
    unlabelled: np.ndarray
    labels: np.ndarray
    budget: int
    head: LinearHead
    workers: int

    @property
    def unit_features(self) -> np.ndarray:
        """The features divided by their norms."""
        return self.features / np.linalg.norm(self.features, axis=1, keepdims=True)


def activeml_typiclust(pool: PeerPool) -> np.ndarray:
    """As many clusters as labelled samples and picks, not at most 500."""
    from skactiveml.pool import TypiClust

    return TypiClust(k=20, random_state=0).query(pool.unit_features, pool.labels, batch_size=pool.budget)


def activeml_probcover(pool: PeerPool) -> np.ndarray:
    """All distances in memory; ties at random."""
    from skactiveml.pool import ProbCover

    strategy = ProbCover(deltas=[RADIUS], random_state=0)
    return strategy.query(pool.unit_features, pool.labels, batch_size=pool.budget)


def activeml_badge(pool: PeerPool) -> np.ndarray:
    """BADGE."""
    from skactiveml.pool import Badge

    return _with_head(Badge(random_state=0), pool)


def activeml_falcun(pool: PeerPool) -> np.ndarray:
    """FALCUN."""
    from skactiveml.pool import Falcun

    return _with_head(Falcun(random_state=0), pool)


def activeml_clue(pool: PeerPool) -> np.ndarray:
    """CLUE by scikit-learn's k-means."""
    from skactiveml.pool import Clue

    return _with_head(Clue(random_state=0), pool, "estimator")


def bmdal_lcmd(pool: PeerPool) -> np.ndarray:
    """LCMD on the features themselves, not on sketched gradients."""
    import torch
    from bmdal_reg.bmdal.feature_data import TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap
    from bmdal_reg.bmdal.features import Features
    from bmdal_reg.bmdal.selection import LargestClusterMaxDistSelectionMethod

    torch.set_num_threads(pool.workers)
    identity = IdentityFeatureMap(pool.features.shape[1])
    unlabelled, labelled = (
        Features(identity, TensorFeatureData(torch.from_numpy(pool.features[rows])))
        for rows in (pool.unlabelled, np.sort(pool.labelled))
    )
    method = LargestClusterMaxDistSelectionMethod(unlabelled, labelled, sel_with_train=True, verbosity=0)
    return pool.unlabelled[method.select(pool.budget).numpy()]


def small_text_coreset(pool: PeerPool) -> np.ndarray:
    """Greedy k-center; it takes positions in the pool for rows, so the pool comes first here."""
    from small_text.query_strategies.coresets import greedy_coreset

    rows = np.concatenate([pool.unlabelled, pool.labelled])
    unlabelled, labelled = np.split(np.arange(len(rows)), [len(pool.unlabelled)])
    picks = greedy_coreset(
        pool.features[rows], unlabelled, labelled, pool.budget, distance_metric="euclidean"
    )
    return pool.unlabelled[picks]


def _with_head(strategy: Any, pool: PeerPool, name: str = "clf") -> np.ndarray:
    from skactiveml.base import SkactivemlClassifier

    class Head(SkactivemlClassifier):
        """The head as a classifier that needs no training."""

        def fit(self, X: np.ndarray, y: np.ndarray) -> "Head":
            return self

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            logits = X @ pool.head.weight.T + pool.head.bias
            exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
            return exponentials / exponentials.sum(axis=1, keepdims=True)

    head = {name: Head(classes=np.unique(pool.labels[pool.labelled])), f"fit_{name}": False}
    return strategy.query(pool.features, pool.labels, batch_size=pool.budget, **head)


@dataclass(frozen=True)
class Peer:
    """A public implementation of a strategy.

    Attributes:
        package: to install.
        module: what to import of it, before the time is taken.
        select: of the peer.
        strategy: of this library.
        options: of it.
        same: whether both pick the same samples.
    """

    package: str
    module: str
    select: Callable[[PeerPool], np.ndarray]
    strategy: str
    options: dict[str, Any] = field(default_factory=dict)
    same: bool = False


PEERS = (
    Peer("scikit-activeml", "skactiveml.pool", activeml_typiclust, "typiclust"),
    Peer("scikit-activeml", "skactiveml.pool", activeml_probcover, "probcover", {"radius": RADIUS}),
    Peer("scikit-activeml", "skactiveml.pool", activeml_badge, "badge"),
    Peer("scikit-activeml", "skactiveml.pool", activeml_falcun, "falcun"),
    Peer("scikit-activeml", "skactiveml.pool", activeml_clue, "clue"),
    Peer("bmdal-reg", "bmdal_reg.bmdal.selection", bmdal_lcmd, "lcmd", same=True),
    Peer("small-text", "small_text.query_strategies.coresets", small_text_coreset, "coreset", same=True),
)


def peer_round(case: Case, number: int) -> Callable[[], np.ndarray]:
    """Return the work of a peer, which reads all features first."""
    file, head = FeatureFile(case.features), read_head(case.head)
    np.Inf = np.inf  # NumPy 2 has no such name, and bmdal-reg uses it
    importlib.import_module(PEERS[number].module)

    def select() -> np.ndarray:
        with h5py.File(case.features) as stored:
            features = stored["train/features"][:].astype(np.float32)
        labels = np.full(len(features), np.nan)
        labels[case.labelled] = file.train.labels[case.labelled]
        unlabelled = unlabelled_pool(len(features), np.empty(0, dtype=np.int64), case.labelled)
        pool = PeerPool(features, case.labelled, unlabelled, labels, case.budget, head, case.workers)
        with threadpool_limits(case.workers):
            return PEERS[number].select(pool)

    return select


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=50_000, help="N")
    parser.add_argument("--width", type=int, default=2048, help="d")
    parser.add_argument("--classes", type=int, default=100, help="C")
    parser.add_argument("--budget", type=int, default=1000)
    parser.add_argument("--labelled", type=int, default=1000)
    parser.add_argument("--strategies", nargs="+", help="default: all that have a peer")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Measure one peer after the other."""
    arguments, rows = parse(), []
    with tempfile.TemporaryDirectory() as folder:
        case = make_case(Path(folder), arguments)
        for number, peer in enumerate(PEERS):
            if arguments.strategies and peer.strategy not in arguments.strategies:
                continue
            if importlib.util.find_spec(peer.module.split(".")[0]) is None:
                print(f"{peer.strategy}: skipped, {peer.package} is not installed")
                continue
            rows.append(row_of(case, number, arguments.repeats))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.3g}".format) if rows else "no package is installed")
    if arguments.output and rows:
        write_table(arguments.output, table)


def make_case(folder: Path, arguments: argparse.Namespace) -> Case:
    """Write the features of a mixture, and a head trained on the labelled set."""
    source, features, head = folder / "all.h5", folder / "features.h5", folder / "head.h5"
    write_mixture(source, arguments.size, arguments.width, arguments.classes)
    write_part(source, features, arguments.size)
    with FeatureFile(features) as file:
        labelled = initial_pool(file.train.labels, arguments.labelled)
    in_process(train_on, features, labelled, head, arguments.workers)
    return Case(features, head, labelled, arguments.budget, "cpu", arguments.workers)


def row_of(case: Case, number: int, repeats: int) -> dict[str, object]:
    """Return the row of one peer: medians and their ratios."""
    peer, ours, theirs = PEERS[number], [], []
    for _ in range(repeats):
        work = Work(peer.strategy, peer.strategy, peer.options)
        ours.append(in_process(measure, "cpu", library_round, case, work))
        theirs.append(in_process(measure, "cpu", peer_round, case, number))
    seconds, cpu_seconds = (
        [float(np.median([getattr(each, name) for each in side])) for side in (ours, theirs)]
        for name in ("seconds", "cpu_seconds")
    )
    return {
        "strategy": peer.strategy,
        "package": peer.package,
        "seconds": seconds[0],
        "cpu_seconds": cpu_seconds[0],
        "peer_seconds": seconds[1],
        "peer_cpu_seconds": cpu_seconds[1],
        "times_peer": seconds[1] / seconds[0],
        "times_peer_cpu": cpu_seconds[1] / cpu_seconds[0],
        "same_picks": shared(ours[0], theirs[0]) if peer.same else np.nan,
    }


def shared(ours: Measured, theirs: Measured) -> float:
    """Return the share of our picks that the peer picks too."""
    return float(np.isin(ours.result, theirs.result).mean())


if __name__ == "__main__":
    run(main)
