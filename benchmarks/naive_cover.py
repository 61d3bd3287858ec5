"""Naive transcriptions of the strategies that cover or cluster the pool; see `naive`."""

from dataclasses import replace

import numpy as np
import torch
from naive_round import Round
from sklearn.cluster import KMeans
from torch import Tensor

#: Samples whose distances to all others are computed at once: a matrix of all distances would be 10 GB.
BLOCK = 1000


def kmeans(query: Round) -> np.ndarray:
    """The sample nearest to the centre of each of as many clusters as picks."""
    return query.unlabelled[_nearest_to_centres(query.pool, query.budget, query.generator)]


def clue(query: Round) -> np.ndarray:
    """The nearest to the centres of scikit-learn's k-means, weighted by the entropies."""
    probabilities = query.probabilities().cpu()
    weights = -torch.special.xlogy(probabilities, probabilities).sum(dim=1).numpy()
    points, seed = query.pool.cpu().numpy(), int(query.generator.integers(2**31))
    clustering = KMeans(query.budget, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    picks: list[int] = []
    for distances in clustering.transform(points).T:
        distances[picks] = np.inf
        picks.append(int(distances.argmin()))
    return query.unlabelled[picks]


def typiclust(query: Round) -> np.ndarray:
    """In turn from each cluster, the smallest mean distance to the 20 nearest: all of them, pick by pick."""
    rows = np.sort(np.concatenate([query.labelled, query.unlabelled]))
    features = _unit(query.features[rows])
    count = min(len(query.labelled) + query.budget, 500)
    cluster, _ = _clusters(features, count, query.generator)
    is_labelled = np.isin(rows, query.labelled)
    sizes = np.bincount(cluster, minlength=count)
    order = np.lexsort((-sizes, np.bincount(cluster, weights=is_labelled, minlength=count)))
    order = order[sizes[order] > 5]
    free, picks = ~is_labelled, []
    for turn in query.limit.loop(range(query.budget)):
        members = np.flatnonzero((cluster == order[turn % len(order)]) & free)
        distance = torch.cdist(features[members], features[members])
        nearest = distance.topk(min(20, len(members) // 2) + 1, largest=False).values[:, 1:]
        picks.append(members[int(nearest.mean(dim=1).argmin())])
        free[picks[-1]] = False
    return rows[picks]


def maxherding(query: Round, targets: int = 20_000) -> np.ndarray:
    """Repeatedly the largest gain in cover by a kernel of bandwidth 1."""
    rows = _targets(query, targets)
    return _herd(query, rows, torch.ones_like(query.features[rows, 0]), 1.0)


def uherding(query: Round, targets: int = 20_000) -> np.ndarray:
    """The same weighted by 1 − (p₁ − p₂), at temperature 1, since the benchmark has no validation split."""
    rows, between = _targets(query, targets), torch.pdist(_unit(query.features[query.labelled]))
    weights = 1 - replace(query, unlabelled=rows).margins()
    weights[np.isin(rows, query.labelled)] = 0
    return _herd(query, rows, weights, float(between[between > 0].min()))


def probcover(query: Round, radius: float | None = None, purity: float = 0.95) -> np.ndarray:
    """Repeatedly the largest number of uncovered samples within the radius: all pairs, and all counts."""
    pool, labelled = _unit(query.pool), _unit(query.features[query.labelled])
    radius = radius or _pure_radius(query, purity)
    near = torch.zeros((len(pool), len(pool)), dtype=torch.bool, device=pool.device)
    for start in query.limit.loop(range(0, len(pool), BLOCK)):
        near[start : start + BLOCK] = torch.cdist(pool[start : start + BLOCK], pool) < radius
    covered = (torch.cdist(labelled, pool) < radius).any(dim=0)
    picks: list[int] = []
    for _ in query.limit.loop(range(query.budget)):
        # In blocks: torch sums booleans by way of eight times as large integers.
        added = torch.cat([(block & ~covered).sum(dim=1) for block in near.split(BLOCK)])
        added[picks] = -1
        picks.append(int(added.argmax()))
        covered |= near[picks[-1]]
    return query.unlabelled[picks]


def dropquery(query: Round) -> np.ndarray:
    """Samples whose class changes under dropout, the nearest to the centres of their clusters."""
    predicted = (query.pool @ query.weight.T + query.bias).argmax(dim=1)
    changes = torch.zeros_like(predicted)
    torch.manual_seed(int(query.generator.integers(2**31)))
    for _ in range(3):
        dropped = torch.nn.functional.dropout(query.pool, 0.75)
        changes += (dropped @ query.weight.T + query.bias).argmax(dim=1) != predicted
    threshold = 1 if int((changes > 1).sum()) >= 25 * query.budget else 0
    return _spread(query, changes > threshold)


def alfamix(query: Round) -> np.ndarray:
    """Samples whose class changes when mixed with the mean of a class: all samples with each class."""
    pool, weight = query.pool, query.weight
    logits = pool @ weight.T + query.bias
    predicted = logits.argmax(dim=1)
    residuals = torch.softmax(logits, dim=1)
    residuals[torch.arange(len(pool), device=pool.device), predicted] -= 1
    gradients = residuals @ weight
    direction = gradients / gradients.norm(dim=1, keepdim=True)
    labels, changed = torch.from_numpy(query.labels), torch.zeros(len(pool), dtype=torch.bool)
    for step in range(1, 6):
        for label in query.limit.loop(range(query.num_classes)):
            class_features = query.features[query.labelled[(labels == label).numpy()]]
            anchor = (class_features if len(class_features) else query.features[query.labelled]).mean(dim=0)
            difference = anchor - pool
            reach = 0.2 * step / np.sqrt(pool.shape[1]) * difference.norm(dim=1, keepdim=True)
            alpha = reach * direction / difference
            mixed = alpha * anchor + (1 - alpha) * pool
            changed |= ((mixed @ weight.T + query.bias).argmax(dim=1) != predicted).cpu()
        if int(changed.sum()) > query.budget:
            break
    return _spread(query, changed)


def nearest_to(query: Round, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples nearest to some rows with features of length 1, and their squared distances."""
    distance = torch.cdist(_unit(query.features[rows]), _unit(query.pool))
    while True:
        nearest = distance.topk(min(count, len(query.unlabelled)), largest=False)
        samples = query.unlabelled[nearest.indices.cpu().numpy()]
        if len(np.unique(samples)) >= query.budget:
            return samples, nearest.values.cpu().numpy() ** 2
        count *= 2


def _unit(features: Tensor) -> Tensor:
    return features / features.norm(dim=1, keepdim=True)


def _targets(query: Round, most: int) -> np.ndarray:
    rows = np.sort(np.concatenate([query.labelled, query.unlabelled]))
    return rows if len(rows) <= most else np.sort(query.generator.permutation(rows)[:most])


def _herd(query: Round, rows: np.ndarray, weights: Tensor, bandwidth: float) -> np.ndarray:
    """Repeatedly the largest gain in cover: the kernel of all candidates and targets, and all gains."""
    features = _unit(query.features)
    kernel = _kernel(features[query.unlabelled], features[rows], bandwidth)
    cover = torch.zeros(len(rows), dtype=kernel.dtype, device=kernel.device)
    for centre in query.limit.loop(features[query.labelled]):
        cover = torch.maximum(cover, _kernel(centre[None], features[rows], bandwidth)[0])
    picks: list[int] = []
    for _ in query.limit.loop(range(query.budget)):
        gain = (kernel - cover).clamp_(min=0) @ weights
        gain[picks] = -1
        picks.append(int(gain.argmax()))
        cover = torch.maximum(cover, kernel[picks[-1]])
    return query.unlabelled[picks]


def _kernel(left: Tensor, right: Tensor, bandwidth: float) -> Tensor:
    return torch.exp(-((torch.cdist(left, right) / bandwidth) ** 2))


def _pure_radius(query: Round, purity: float) -> float:
    """Return the largest radius within which a share of all samples has no sample of another cluster."""
    rows = np.sort(np.concatenate([query.labelled, query.unlabelled]))
    points = _unit(query.features[rows])
    cluster = torch.from_numpy(_clusters(points, query.num_classes, query.generator)[0]).to(points.device)
    reach = []
    for start in query.limit.loop(range(0, len(points), BLOCK)):
        distance = torch.cdist(points[start : start + BLOCK], points)
        distance[cluster[start : start + BLOCK, None] == cluster] = torch.inf
        reach += distance.min(dim=1).values.tolist()
    return sorted(reach, reverse=True)[int(np.ceil(purity * len(reach))) - 1]


def _spread(query: Round, is_candidate: Tensor) -> np.ndarray:
    """Return the candidates nearest to the centres of their clusters, and then random samples."""
    candidates = np.flatnonzero(is_candidate.cpu().numpy())
    picks = candidates
    if len(candidates) > query.budget:
        points = _unit(query.pool[candidates])
        picks = candidates[_nearest_to_centres(points, query.budget, query.generator)]
    remaining = query.generator.permutation(np.setdiff1d(np.arange(len(query.unlabelled)), picks))
    return query.unlabelled[np.concatenate([picks, remaining[: query.budget - len(picks)]])]


def _clusters(points: Tensor, count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster of each point, and the centres, by scikit-learn."""
    clustering = KMeans(count, n_init=1, random_state=int(generator.integers(2**31))).fit(
        points.cpu().numpy()
    )
    return clustering.labels_, clustering.cluster_centers_


def _nearest_to_centres(points: Tensor, count: int, generator: np.random.Generator) -> list[int]:
    cluster, centres = _clusters(points, count, generator)
    distance = np.linalg.norm(points.cpu().numpy() - centres[cluster], axis=1)
    members = (np.flatnonzero(cluster == number) for number in range(count))
    return [int(positions[distance[positions].argmin()]) for positions in members]
