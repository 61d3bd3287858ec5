"""Naive transcriptions of the strategies in which each pick depends on those before it; see `naive`."""

from dataclasses import replace

import numpy as np
import torch
from naive_round import Round
from torch import Tensor


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


def k_means_plus_plus(given: Round, rows: np.ndarray, count: int) -> list[int]:
    """D² sampling on features of length 1: the distances of all to each draw; distance 0 ends it."""
    points = torch.nn.functional.normalize(given.features[rows])
    drawn = [int(given.generator.integers(len(rows)))]
    distance = (points - points[drawn[0]]).square().sum(dim=1)
    while len(drawn) < count and distance.any():
        drawn.append(_drawn(distance, given.generator))
        distance = torch.minimum(distance, (points - points[drawn[-1]]).square().sum(dim=1))
    return rows[drawn].tolist()


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
    probabilities, uncertainty = given.probabilities(), 1 - given.margins()
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
