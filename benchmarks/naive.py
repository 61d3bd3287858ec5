"""Naive transcriptions of each strategy: its definition, line by line, with all features in memory.

`benchmarks/strategies.py` compares the library with these. They use torch, like the paper's code, so that
they also run on a GPU. A loop that takes too long stops early, and reports it; see `Limit`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from naive_cover import alfamix, dropquery, kmeans, maxherding, typiclust
from scipy.cluster import hierarchy
from sklearn.cluster import KMeans
from torch import Tensor

from activepool.data.allocation import balanced_counts

#: Entries of the largest tensor of B × C × d: 128 MB in float32.
MAX_ENTRIES = 2**25


@dataclass
class Limit:
    """Stops a loop of equal steps after some seconds, and estimates the seconds of the remaining steps.

    Attributes:
        seconds: time limit of a loop.
        unmeasured: estimated seconds of all steps left out.
    """

    seconds: float = float("inf")
    unmeasured: float = 0.0

    def loop(self, steps: Sequence[Any]) -> Iterator[Any]:
        """Yield the first step, and as many others as the seconds allow."""
        start = time.perf_counter()
        for done, step in enumerate(steps):
            if done and self.seconds < float("inf"):
                if torch.cuda.is_initialized():
                    torch.cuda.synchronize()
                elapsed = time.perf_counter() - start
                if elapsed > self.seconds:
                    self.unmeasured += elapsed * (len(steps) - done) / done
                    return
            yield step


@dataclass(frozen=True)
class Round:
    """The input of one round; tensors are on the device, index arrays are NumPy's.

    ``features`` (N, d) are those of the whole pool; the rest is as in `activepool.strategies.query.Query`.
    """

    budget: int
    unlabelled: np.ndarray
    labelled: np.ndarray
    labels: np.ndarray
    num_classes: int
    generator: np.random.Generator
    features: Tensor | None = None
    weight: Tensor | None = None
    bias: Tensor | None = None
    remaining_budget: int | None = None
    oracle_labels: np.ndarray | None = None
    prepared: dict[str, np.ndarray] = field(default_factory=dict)
    limit: Limit = field(default_factory=Limit)

    @property
    def pool(self) -> Tensor:
        """The features of the unlabelled pool, (n, d)."""
        return self.features[self.unlabelled]

    def probabilities(self) -> Tensor:
        """Return softmax(Wz + b) of the unlabelled pool, (n, C)."""
        return torch.softmax(self.pool @ self.weight.T + self.bias, dim=1)


def random(given: Round) -> np.ndarray:
    """Uniform from the pool."""
    return given.generator.permutation(given.unlabelled)[: given.budget]


def balanced_random(given: Round) -> np.ndarray:
    """Shuffle, then take each sample whose class is below its share."""
    room = balanced_counts(np.bincount(given.oracle_labels, minlength=given.num_classes), given.budget)
    picks = []
    for position in given.generator.permutation(len(given.unlabelled)):
        label = given.oracle_labels[position]
        if room[label]:
            room[label] -= 1
            picks.append(given.unlabelled[position])
    return np.array(picks)


def confidence(given: Round) -> np.ndarray:
    """Smallest top-1 probability."""
    return _smallest(given, given.probabilities().max(dim=1).values)


def margin(given: Round) -> np.ndarray:
    """Smallest p₁ − p₂."""
    return _smallest(given, _margins(given))


def entropy(given: Round) -> np.ndarray:
    """Largest −Σ p log p."""
    probabilities = given.probabilities()
    return _smallest(given, torch.special.xlogy(probabilities, probabilities).sum(dim=1))


def mase(given: Round) -> np.ndarray:
    """Smallest distance to the nearest boundary."""
    return _smallest(given, _boundary_distances(given).min(dim=1).values)


def base(given: Round) -> np.ndarray:
    """For each class in turn, its share of the unpicked samples nearest to its boundary."""
    distances = _boundary_distances(given)
    picks: list[int] = []
    for label in given.limit.loop(range(given.num_classes)):
        share = given.budget // given.num_classes + (label < given.budget % given.num_classes)
        picked = set(picks)
        nearest = torch.argsort(distances[:, label], stable=True).tolist()
        picks += [position for position in nearest if position not in picked][:share]
    return given.unlabelled[picks]


def coreset(given: Round) -> np.ndarray:
    """Repeatedly the sample farthest from the labelled set and the picks: all distances, pick by pick."""
    pool, centres = given.pool, given.features[given.labelled]
    norms = pool.square().sum(dim=1)
    distance = torch.full_like(norms, torch.inf)
    for centre in given.limit.loop(centres):
        distance = torch.minimum(distance, norms + centre @ centre - 2 * (pool @ centre))
    picks = []
    for _ in given.limit.loop(range(given.budget)):
        pick = int(distance.argmax())
        distance = torch.minimum(distance, norms + norms[pick] - 2 * (pool @ pool[pick]))
        distance[pick] = -torch.inf
        picks.append(pick)
    return given.unlabelled[picks]


def badge(given: Round) -> np.ndarray:
    """D² sampling on the gradients a ⊗ z, by their factors: the distances of all to each pick."""
    pool, residuals = given.pool, given.probabilities()
    predicted = residuals.argmax(dim=1)
    residuals[torch.arange(len(pool), device=pool.device), predicted] -= 1
    norms = residuals.square().sum(dim=1) * pool.square().sum(dim=1)
    distance = torch.full_like(norms, torch.inf)
    picks: list[int] = []
    for _ in given.limit.loop(range(given.budget)):
        pick = _drawn(distance, given.generator) if picks else int(norms.argmax())
        product = (residuals @ residuals[pick]) * (pool @ pool[pick])
        distance = torch.minimum(distance, (norms + norms[pick] - 2 * product).clamp(min=0))
        distance[pick] = 0
        picks.append(pick)
    return given.unlabelled[picks]


def partitioned(given: Round, wraps: str, partitions: int = 10) -> np.ndarray:
    """Core-set or BADGE in each of several random parts."""
    labelled = np.array_split(given.generator.permutation(len(given.labelled)), partitions)
    unlabelled = np.array_split(given.generator.permutation(len(given.unlabelled)), partitions)
    picks = []
    for number in given.limit.loop(range(partitions)):
        part = replace(
            given,
            budget=given.budget // partitions + (number < given.budget % partitions),
            labelled=given.labelled[np.sort(labelled[number])],
            unlabelled=given.unlabelled[np.sort(unlabelled[number])],
            limit=Limit(),
        )
        picks.append(NAIVE[wraps](part))
    return np.concatenate(picks)


def cluster_margin(given: Round, margin_factor: int = 10) -> np.ndarray:
    """The smallest margins, in turn from each of their clusters; at random within a cluster."""
    candidates = _smallest(given, _margins(given), margin_factor * given.budget)
    candidates = given.generator.permutation(candidates)
    return _in_turn(candidates, given.prepared["cluster"][candidates], given.budget)


def cluster_margin_prepare(features: Tensor) -> np.ndarray:
    """Cluster the whole pool with average linkage, into a tenth as many clusters."""
    tree = hierarchy.linkage(features.numpy(), "average")
    return hierarchy.fcluster(tree, -(-len(features) // 10), "maxclust")


def margin_clustering(given: Round, clusters: int = 20, subset: int | None = None) -> np.ndarray:
    """The smallest margin in turn from each of 20 Ward clusters of a subset."""
    rows = np.sort(given.generator.permutation(given.unlabelled)[:subset])
    part = replace(given, unlabelled=rows)
    tree = hierarchy.linkage(part.pool.numpy(), "ward")
    cluster = hierarchy.fcluster(tree, clusters, "maxclust")
    by_margin = torch.argsort(_margins(part), stable=True).numpy()
    return _in_turn(rows[by_margin], cluster[by_margin], given.budget)


def balancing(given: Round) -> np.ndarray:
    """Near the rarest class's mean and far from the majority's: all distances again for each pick."""
    pool = given.pool
    predicted = (pool @ given.weight.T + given.bias).argmax(dim=1).tolist()
    counts = np.bincount(given.labels, minlength=given.num_classes)
    known, means = counts > 0, torch.zeros_like(given.weight)
    for label in np.flatnonzero(known):
        means[label] = given.features[given.labelled[given.labels == label]].mean(dim=0)
    shuffled = given.generator.permutation(len(pool)).tolist()
    picks: list[int] = []
    for _ in given.limit.loop(range(given.budget)):
        majority = counts > counts.mean()
        if _labels_missing(counts, majority) < given.remaining_budget - len(picks):
            picked = set(picks)
            pick = next(position for position in shuffled if position not in picked)
        else:
            distances = torch.cdist(pool, means)
            distances[:, ~known] = 1
            ratio = distances[:, int(counts.argmin())] / distances[:, majority].min(dim=1).values
            ratio[picks] = torch.inf
            pick = int(ratio.argmin())
        counts[predicted[pick]] += 1
        picks.append(pick)
    return given.unlabelled[picks]


def cdal(given: Round) -> np.ndarray:
    """Core-set on the probabilities."""
    points = torch.softmax(given.features @ given.weight.T + given.bias, dim=1)
    return coreset(replace(given, features=points))


def lcmd(given: Round) -> np.ndarray:
    """The farthest of the cluster of the largest sum: the distances of all to each center, one by one."""
    pool = given.pool
    norms = pool.square().sum(dim=1)
    squared, cluster = torch.full_like(norms, torch.inf), torch.zeros(len(pool), dtype=torch.int64)
    cluster, picks = cluster.to(pool.device), []

    def add(center: Tensor, number: int) -> None:
        distance = (norms + center @ center - 2 * (pool @ center)).clamp(min=0)
        cluster[distance < squared] = number
        torch.minimum(squared, distance, out=squared)

    centers = np.sort(given.labelled)
    for number in given.limit.loop(range(len(centers))):
        add(given.features[centers[number]], number)
    for number in given.limit.loop(range(given.budget)):
        heaviest = torch.bincount(cluster, squared.clamp(min=0)).argmax()
        pick = int(torch.where(cluster == heaviest, squared, -torch.inf).argmax())
        add(pool[pick], len(centers) + number)
        squared[pick] = -torch.inf
        picks.append(pick)
    return given.unlabelled[picks]


def clue(given: Round) -> np.ndarray:
    """The nearest to the centres of scikit-learn's k-means, weighted by the entropies."""
    probabilities = given.probabilities().cpu()
    weights = -torch.special.xlogy(probabilities, probabilities).sum(dim=1).numpy()
    points, seed = given.pool.cpu().numpy(), int(given.generator.integers(2**31))
    centres = KMeans(given.budget, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    squared = centres.transform(points)
    picks: list[int] = []
    for distances in squared.T:
        distances[picks] = np.inf
        picks.append(int(distances.argmin()))
    return given.unlabelled[picks]


def bait(given: Round, regularisation: float = 1.0) -> np.ndarray:
    """Greedily by the trace of M⁻¹F, twice the budget and back: the gains of all samples for each pick."""
    p = torch.softmax(given.features @ given.weight.T + given.bias, dim=1).max(dim=1).values
    vectors = (p * (1 - p)).sqrt()[:, None] * given.features
    pool, labelled = vectors[given.unlabelled], vectors[given.labelled]
    size = len(labelled) + given.budget
    target = (pool.T @ pool + labelled.T @ labelled) / (len(pool) + len(labelled))
    information = regularisation * torch.eye(len(target), device=pool.device, dtype=pool.dtype)
    information += labelled.T @ labelled / size
    pool *= (given.budget / size) ** 0.5
    picks: list[int] = []
    left = torch.ones(len(pool), dtype=torch.bool, device=pool.device)
    for _ in given.limit.loop(range(min(2 * given.budget, len(pool)))):
        towards = pool @ torch.linalg.inv(information)
        gains = (towards @ target * towards).sum(dim=1) / (1 + (towards * pool).sum(dim=1))
        picks.append(int(torch.where(left, gains, -torch.inf).argmax()))
        left[picks[-1]] = False
        information += torch.outer(pool[picks[-1]], pool[picks[-1]])
    for _ in given.limit.loop(range(len(picks) - given.budget)):
        towards = pool[picks] @ torch.linalg.inv(information)
        losses = (towards @ target * towards).sum(dim=1) / (1 - (towards * pool[picks]).sum(dim=1))
        removed = picks.pop(int(losses.argmin()))
        information -= torch.outer(pool[removed], pool[removed])
    return given.unlabelled[picks]


def falcun(given: Round, gamma: float = 10.0) -> np.ndarray:
    """At random by (u + d)^γ, with the L1 distances of all samples to each pick."""
    probabilities, uncertainty = given.probabilities(), 1 - _margins(given)
    distance, left = uncertainty.clone(), torch.ones_like(uncertainty, dtype=torch.bool)
    picks: list[int] = []
    for _ in given.limit.loop(range(given.budget)):
        if picks:
            distance = torch.minimum(distance, (probabilities - probabilities[picks[-1]]).abs().sum(dim=1))
        least, largest = distance[left].min(), distance[left].max()
        weights = (uncertainty + (distance - least) / (largest - least)).double() ** gamma
        weights[~left] = 0
        total = weights.cumsum(dim=0)
        pick = int(torch.searchsorted(total, total[-1] * given.generator.random(), right=True))
        left[pick] = False
        picks.append(pick)
    return given.unlabelled[picks]


def _boundary_distances(given: Round) -> Tensor:
    """Return the distance of each sample to the boundary of each class, (n, C), from B × C × d tensors.

    It is the length of the smallest change of the features that reaches the boundary to each other class:
    with δ = w_ŷ − w_c, of −δ (δ·z + b_ŷ − b_c) / ‖δ‖² (Emam et al. 2021, section 3).
    """
    pool, weight, bias = given.pool, given.weight, given.bias
    result = pool.new_full((len(pool), len(weight)), torch.inf)
    size = max(1, MAX_ENTRIES // weight.numel())
    for start in given.limit.loop(range(0, len(pool), size)):
        batch = pool[start : start + size]
        predicted = (batch @ weight.T + bias).argmax(dim=1)
        normal = weight[predicted][:, None, :] - weight[None, :, :]
        offset = bias[predicted][:, None] - bias[None, :]
        steps = ((normal * batch[:, None, :]).sum(dim=2) + offset) / (normal**2).sum(dim=2)
        distance = (-normal * steps[:, :, None]).norm(dim=2)
        everyone = torch.arange(len(batch), device=batch.device)
        distance[everyone, predicted] = torch.inf
        distance[everyone, predicted] = distance.min(dim=1).values
        result[start : start + size] = distance
    return result


def _margins(given: Round) -> Tensor:
    top = given.probabilities().topk(2, dim=1).values
    return top[:, 0] - top[:, 1]


def _smallest(given: Round, scores: Tensor, count: int | None = None) -> np.ndarray:
    order = torch.argsort(scores, stable=True)[: count or given.budget]
    return given.unlabelled[order.cpu().numpy()]


def _drawn(distance: Tensor, generator: np.random.Generator) -> int:
    """Draw a position in proportion to its squared distance."""
    total = distance.double().cumsum(dim=0)
    place = torch.searchsorted(total, total[-1] * generator.random(), right=True)
    return min(int(place), len(total) - 1)


def _in_turn(samples: np.ndarray, clusters: np.ndarray, budget: int) -> np.ndarray:
    """Take one sample of each cluster in turn, the smallest cluster first."""
    queues: dict[int, list[int]] = {}
    for sample, cluster in zip(samples.tolist(), clusters.tolist(), strict=True):
        queues.setdefault(cluster, []).append(sample)
    order = sorted(queues, key=lambda cluster: (len(queues[cluster]), cluster))
    picks: list[int] = []
    while len(picks) < budget and any(queues.values()):
        picks += [queues[cluster].pop(0) for cluster in order if queues[cluster]]
    return np.array(picks[:budget])


def _labels_missing(counts: np.ndarray, majority: np.ndarray) -> float:
    """Return how many labels would raise the minority classes to the average majority class."""
    if not majority.any():
        return 0.0
    return (~majority).sum() * (counts[majority].mean() - counts[~majority].mean())


#: The transcriptions by the name of the strategy.
NAIVE: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function
    for function in (
        random, balanced_random, confidence, margin, entropy, mase, base, coreset, badge, partitioned,
        cluster_margin, margin_clustering, balancing, bait, cdal, clue, falcun, lcmd,
        kmeans, typiclust, maxherding, dropquery, alfamix,
    )
}  # fmt: skip

#: The transcriptions of what is prepared before the rounds.
NAIVE_PREPARE: dict[str, Callable[[Tensor], np.ndarray]] = {"cluster_margin": cluster_margin_prepare}

#: Those that gain nothing from a GPU, or have no program for one: they stay on the CPU.
CPU_ONLY = (
    *(
        "random",
        "balanced_random",
        "margin_clustering",
        "clue",
        "kmeans",
        "typiclust",
        "dropquery",
        "alfamix",
    ),
)
