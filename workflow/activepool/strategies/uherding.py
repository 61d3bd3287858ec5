"""UHerding: the samples that best cover what the head is uncertain about."""

import numpy as np

from activepool.diversity.gaussian_kernel import Targets
from activepool.diversity.neighbours import nearest_neighbours
from activepool.evaluation.metrics import expected_calibration_error
from activepool.scores.uncertainty import Logits, confidence, margin
from activepool.strategies.declaration import strategy
from activepool.strategies.maxherding import covering_selection, target_rows
from activepool.strategies.options import PositiveInteger
from activepool.strategies.query import Query, Selection, declared

#: Temperatures to choose from.
TEMPERATURES = np.arange(10, 200) / 10

#: Calibration errors are compared after rounding to so many digits, so that no last bit decides.
ERROR_DIGITS = 12


@strategy(source="Bae et al. 2025, algorithm 1", reads=("features", "head", "validation"))
def uherding(query: Query, *, targets: PositiveInteger = 20_000) -> Selection:
    """MaxHerding with each sample weighted by the head's uncertainty about it.

    A sample has the weight 1 − (p₁ − p₂), by its two largest probabilities, and a labelled one 0. The head's
    logits are divided by the temperature, from 1 to 19.9, with the smallest calibration error on the
    validation split (1 if there is none). The kernel's σ is the smallest distance between two labelled
    samples that differ (1 if none do).

    Args:
        targets: as in `maxherding`.
    """
    rows, scorer = target_rows(query, targets), query.pool_scorer()
    validation, labels = declared(query.validation)
    temperature = calibrating_temperature(scorer.measure64(validation, lambda logits: logits.values), labels)
    weights = 1 - scorer.measure64(rows, lambda logits: margin(Logits(logits.values / temperature)))
    weights[np.isin(rows, query.labelled)] = 0
    return covering_selection(query, Targets(rows, weights, smallest_distance(query)))


def calibrating_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the lowest of TEMPERATURES with the smallest expected calibration error.

    Args:
        logits: (n, C) float64, of rows that the head was not trained on.
        labels: (n,) their classes; without any, the temperature is 1.
    """
    if not len(labels):
        return 1.0
    correct = logits.argmax(axis=1) == labels
    errors = [
        expected_calibration_error(confidence(Logits(logits / temperature)), correct)
        for temperature in TEMPERATURES
    ]
    return float(TEMPERATURES[np.round(errors, ERROR_DIGITS).argmin()])


def smallest_distance(query: Query) -> float:
    """Return the smallest distance between two labelled samples that differ, with length 1; 1 if none do."""
    features = query.unit_features()
    _, first = np.unique(features.take(query.labelled), axis=0, return_index=True)
    different = query.labelled[first]
    _, squared = nearest_neighbours(features, different, different, 1, query.compute)
    smallest = float(np.sqrt(squared.min(initial=np.inf)))
    return smallest if np.isfinite(smallest) else 1.0
