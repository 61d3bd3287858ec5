"""Naive transcriptions of the strategies that score each sample by itself; see `naive`."""

from dataclasses import replace

import numpy as np
import torch
from naive_round import Round
from scipy.cluster import hierarchy
from torch import Tensor

from activepool.data.allocation import balanced_counts

#: Entries of the largest tensor of B × C × d: 128 MB in float32.
MAX_ENTRIES = 2**25


def random(query: Round) -> np.ndarray:
    """Uniform from the pool."""
    return query.generator.permutation(query.unlabelled)[: query.budget]


def balanced_random(query: Round) -> np.ndarray:
    """Shuffle, then take each sample whose class is below its share."""
    room = balanced_counts(np.bincount(query.oracle_labels, minlength=query.num_classes), query.budget)
    picks = []
    for position in query.generator.permutation(len(query.unlabelled)):
        label = query.oracle_labels[position]
        if room[label]:
            room[label] -= 1
            picks.append(query.unlabelled[position])
    return np.array(picks)


def confidence(query: Round) -> np.ndarray:
    """Smallest top-1 probability."""
    return _smallest(query, query.probabilities().max(dim=1).values)


def margin(query: Round) -> np.ndarray:
    """Smallest p₁ − p₂."""
    return _smallest(query, query.margins())


def entropy(query: Round) -> np.ndarray:
    """Largest −Σ p log p."""
    probabilities = query.probabilities()
    return _smallest(query, torch.special.xlogy(probabilities, probabilities).sum(dim=1))


def mase(query: Round) -> np.ndarray:
    """Smallest distance to the nearest boundary."""
    return _smallest(query, _boundary_distances(query).min(dim=1).values)


def base(query: Round) -> np.ndarray:
    """For each class in turn, its share of the unpicked samples nearest to its boundary."""
    distances = _boundary_distances(query)
    picks: list[int] = []
    for label in query.limit.loop(range(query.num_classes)):
        share = query.budget // query.num_classes + (label < query.budget % query.num_classes)
        picked = set(picks)
        nearest = torch.argsort(distances[:, label], stable=True).tolist()
        picks += [position for position in nearest if position not in picked][:share]
    return query.unlabelled[picks]


def power(query: Round, of: str, beta: float = 1.0) -> np.ndarray:
    """Largest log(1 − (p₁ − p₂)) + Gumbel noise / β; of margin alone."""
    assert of == "margin"
    noise = torch.from_numpy(query.generator.gumbel(size=len(query.unlabelled)))
    return _smallest(query, -(torch.log(1 - query.margins()).cpu() + noise / beta))


def cluster_margin(query: Round, margin_factor: int = 10) -> np.ndarray:
    """The smallest margins, in turn from each of their clusters; at random within a cluster."""
    candidates = _smallest(query, query.margins(), margin_factor * query.budget)
    candidates = query.generator.permutation(candidates)
    return _in_turn(candidates, query.prepared["cluster"][candidates], query.budget)


def cluster_margin_prepare(features: Tensor) -> np.ndarray:
    """Cluster the whole pool with average linkage, into a tenth as many clusters."""
    tree = hierarchy.linkage(features.numpy(), "average")
    return hierarchy.fcluster(tree, -(-len(features) // 10), "maxclust")


def margin_clustering(query: Round, clusters: int = 20, subset: int | None = None) -> np.ndarray:
    """The smallest margin in turn from each of 20 Ward clusters of a subset."""
    rows = np.sort(query.generator.permutation(query.unlabelled)[:subset])
    part = replace(query, unlabelled=rows)
    tree = hierarchy.linkage(part.pool.numpy(), "ward")
    cluster = hierarchy.fcluster(tree, clusters, "maxclust")
    by_margin = torch.argsort(part.margins(), stable=True).numpy()
    return _in_turn(rows[by_margin], cluster[by_margin], query.budget)


def _boundary_distances(query: Round) -> Tensor:
    """Return the distance of each sample to the boundary of each class, (n, C), from B × C × d tensors.

    It is the length of the smallest change of the features that reaches the boundary to each other class:
    with δ = w_ŷ − w_c, of −δ (δ·z + b_ŷ − b_c) / ‖δ‖² (Emam et al. 2021, section 3).
    """
    pool, weight, bias = query.pool, query.weight, query.bias
    result = pool.new_full((len(pool), len(weight)), torch.inf)
    size = max(1, MAX_ENTRIES // weight.numel())
    for start in query.limit.loop(range(0, len(pool), size)):
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


def _smallest(query: Round, scores: Tensor, count: int | None = None) -> np.ndarray:
    order = torch.argsort(scores, stable=True)[: count or query.budget]
    return query.unlabelled[order.cpu().numpy()]


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
