"""Naive transcriptions of the strategies in which each pick depends on those before it; see `naive`."""

from dataclasses import replace

import numpy as np
import torch
from naive_round import Round
from torch import Tensor


def coreset(query: Round) -> np.ndarray:
    """Repeatedly the sample farthest from the labelled set and the picks: all distances, pick by pick."""
    pool, centres = query.pool, query.features[query.labelled]
    norms = pool.square().sum(dim=1)
    distance = torch.full_like(norms, torch.inf)
    for centre in query.limit.loop(centres):
        distance = torch.minimum(distance, norms + centre @ centre - 2 * (pool @ centre))
    picks = []
    for _ in query.limit.loop(range(query.budget)):
        pick = int(distance.argmax())
        distance = torch.minimum(distance, norms + norms[pick] - 2 * (pool @ pool[pick]))
        distance[pick] = -torch.inf
        picks.append(pick)
    return query.unlabelled[picks]


def badge(query: Round) -> np.ndarray:
    """D² sampling on the gradients a ⊗ z, by their factors: the distances of all to each pick."""
    pool, residuals = query.pool, query.probabilities()
    predicted = residuals.argmax(dim=1)
    residuals[torch.arange(len(pool), device=pool.device), predicted] -= 1
    norms = residuals.square().sum(dim=1) * pool.square().sum(dim=1)
    distance = torch.full_like(norms, torch.inf)
    picks: list[int] = []
    for _ in query.limit.loop(range(query.budget)):
        pick = _drawn(distance, query.generator) if picks else int(norms.argmax())
        product = (residuals @ residuals[pick]) * (pool @ pool[pick])
        distance = torch.minimum(distance, (norms + norms[pick] - 2 * product).clamp(min=0))
        distance[pick] = 0
        picks.append(pick)
    return query.unlabelled[picks]


def k_means_plus_plus(query: Round, rows: np.ndarray, count: int) -> list[int]:
    """D² sampling on features of length 1: the distances of all to each draw; distance 0 ends it."""
    points = torch.nn.functional.normalize(query.features[rows])
    drawn = [int(query.generator.integers(len(rows)))]
    distance = (points - points[drawn[0]]).square().sum(dim=1)
    while len(drawn) < count and distance.any():
        drawn.append(_drawn(distance, query.generator))
        distance = torch.minimum(distance, (points - points[drawn[-1]]).square().sum(dim=1))
    return rows[drawn].tolist()


def balancing(query: Round) -> np.ndarray:
    """Near the rarest class's mean and far from the majority's: all distances again for each pick."""
    pool = query.pool
    predicted = (pool @ query.weight.T + query.bias).argmax(dim=1).tolist()
    counts = np.bincount(query.labels, minlength=query.num_classes)
    has_mean, means = counts > 0, torch.zeros_like(query.weight)
    for label in np.flatnonzero(has_mean):
        means[label] = query.features[query.labelled[query.labels == label]].mean(dim=0)
    shuffled = query.generator.permutation(len(pool)).tolist()
    picks: list[int] = []
    for _ in query.limit.loop(range(query.budget)):
        majority = counts > counts.mean()
        if _labels_missing(counts, majority) < query.remaining_budget - len(picks):
            picked = set(picks)
            pick = next(position for position in shuffled if position not in picked)
        else:
            distances = torch.cdist(pool, means)
            distances[:, ~has_mean] = 1
            ratio = distances[:, int(counts.argmin())] / distances[:, majority].min(dim=1).values
            ratio[picks] = torch.inf
            pick = int(ratio.argmin())
        counts[predicted[pick]] += 1
        picks.append(pick)
    return query.unlabelled[picks]


def cdal(query: Round) -> np.ndarray:
    """Core-set on the probabilities."""
    points = torch.softmax(query.features @ query.weight.T + query.bias, dim=1)
    return coreset(replace(query, features=points))


def lcmd(query: Round) -> np.ndarray:
    """The farthest of the cluster of the largest sum: the distances of all to each center, one by one."""
    pool = query.pool
    norms = pool.square().sum(dim=1)
    squared, cluster = torch.full_like(norms, torch.inf), torch.zeros(len(pool), dtype=torch.int64)
    cluster, picks = cluster.to(pool.device), []

    def add(center: Tensor, number: int) -> None:
        distance = (norms + center @ center - 2 * (pool @ center)).clamp(min=0)
        cluster[distance < squared] = number
        torch.minimum(squared, distance, out=squared)

    centers = np.sort(query.labelled)
    for number in query.limit.loop(range(len(centers))):
        add(query.features[centers[number]], number)
    for number in query.limit.loop(range(query.budget)):
        heaviest = torch.bincount(cluster, squared.clamp(min=0)).argmax()
        pick = int(torch.where(cluster == heaviest, squared, -torch.inf).argmax())
        add(pool[pick], len(centers) + number)
        squared[pick] = -torch.inf
        picks.append(pick)
    return query.unlabelled[picks]


def bait(query: Round, regularisation: float = 1.0) -> np.ndarray:
    """Greedily by the trace of M⁻¹F, twice the budget and back: the gains of all samples for each pick."""
    p = torch.softmax(query.features @ query.weight.T + query.bias, dim=1).max(dim=1).values
    vectors = (p * (1 - p)).sqrt()[:, None] * query.features
    pool, labelled = vectors[query.unlabelled], vectors[query.labelled]
    size = len(labelled) + query.budget
    target = (pool.T @ pool + labelled.T @ labelled) / (len(pool) + len(labelled))
    information = regularisation * torch.eye(len(target), device=pool.device, dtype=pool.dtype)
    information += labelled.T @ labelled / size
    pool *= (query.budget / size) ** 0.5
    picks: list[int] = []
    is_left = torch.ones(len(pool), dtype=torch.bool, device=pool.device)
    for _ in query.limit.loop(range(min(2 * query.budget, len(pool)))):
        towards = pool @ torch.linalg.inv(information)
        gains = (towards @ target * towards).sum(dim=1) / (1 + (towards * pool).sum(dim=1))
        picks.append(int(torch.where(is_left, gains, -torch.inf).argmax()))
        is_left[picks[-1]] = False
        information += torch.outer(pool[picks[-1]], pool[picks[-1]])
    for _ in query.limit.loop(range(len(picks) - query.budget)):
        towards = pool[picks] @ torch.linalg.inv(information)
        losses = (towards @ target * towards).sum(dim=1) / (1 - (towards * pool[picks]).sum(dim=1))
        removed = picks.pop(int(losses.argmin()))
        information -= torch.outer(pool[removed], pool[removed])
    return query.unlabelled[picks]


def falcun(query: Round, gamma: float = 10.0) -> np.ndarray:
    """At random by (u + d)^γ, with the L1 distances of all samples to each pick."""
    probabilities, uncertainty = query.probabilities(), 1 - query.margins()
    distance, is_left = uncertainty.clone(), torch.ones_like(uncertainty, dtype=torch.bool)
    picks: list[int] = []
    for _ in query.limit.loop(range(query.budget)):
        if picks:
            distance = torch.minimum(distance, (probabilities - probabilities[picks[-1]]).abs().sum(dim=1))
        least, largest = distance[is_left].min(), distance[is_left].max()
        weights = (uncertainty + (distance - least) / (largest - least)).double() ** gamma
        weights[~is_left] = 0
        total = weights.cumsum(dim=0)
        pick = int(torch.searchsorted(total, total[-1] * query.generator.random(), right=True))
        is_left[pick] = False
        picks.append(pick)
    return query.unlabelled[picks]


def _drawn(distance: Tensor, generator: np.random.Generator) -> int:
    """Draw a position in proportion to its squared distance."""
    total = distance.double().cumsum(dim=0)
    place = torch.searchsorted(total, total[-1] * generator.random(), right=True)
    return min(int(place), len(total) - 1)


def _labels_missing(counts: np.ndarray, majority: np.ndarray) -> float:
    """Return how many labels would raise the minority classes to the average majority class."""
    if not majority.any():
        return 0.0
    return (~majority).sum() * (counts[majority].mean() - counts[~majority].mean())
