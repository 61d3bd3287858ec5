import numpy as np
import pytest

from activepool.diversity.round_robin import round_robin


def definition(clusters, budget):
    queues = {label: [i for i, cluster in enumerate(clusters) if cluster == label] for label in set(clusters)}
    order = sorted(queues, key=lambda label: (len(queues[label]), label))
    picks = []
    while len(picks) < min(budget, len(clusters)):
        for label in order:
            if queues[label] and len(picks) < budget:
                picks.append(queues[label].pop(0))
    return picks


@pytest.mark.parametrize("budget", [0, 1, 5, 17, 40, 99])
@pytest.mark.parametrize("seed", range(5))
def test_turns_are_those_of_the_definition(budget, seed):
    clusters = np.random.default_rng(seed).geometric(0.3, 40) * 7
    assert round_robin(clusters, budget).tolist() == definition(clusters.tolist(), budget)


def test_no_items_take_no_turns():
    assert round_robin(np.array([], dtype=np.int64), 3).tolist() == []
