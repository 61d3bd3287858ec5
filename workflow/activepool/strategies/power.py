"""Power sampling: at random, in proportion to a power of another strategy's score."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from activepool.errors import InputError
from activepool.scores.exact import ERROR_MARGIN, MIN_CANDIDATES, MIN_SPARE, largest_error, quantise
from activepool.strategies.declaration import Strategy, strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection
from activepool.strategies.wrapping import Wrapped

#: The information of samples, from a score with the sign by which the smallest are picked.
INFORMATION: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "confidence": lambda values: 1 - values,
    "margin": lambda values: 1 - values,
    "entropy": lambda values: -values,
    "boundary": lambda values: 1 / np.maximum(values, 0),
}


def _require_score(option: str, inner: Strategy) -> None:
    """Raise InputError for a strategy that does not pick by a score of the head."""
    for name, wrapped in inner.wrapped.items():
        _require_score(f"{option}.{name}", wrapped.strategy)
    by_score = bool(inner.scores) and set(inner.scores) <= set(INFORMATION) and "nearest" not in inner.reads
    if not inner.wrapped and not by_score:
        raise InputError(
            f"option {option!r}: {inner.name!r} does not pick by a score of the head, such as "
            f"{', '.join(INFORMATION)}"
        )


@strategy(source="Kirsch et al. 2023, section 3", reads_labels=False, accepts=_require_score)
def power(query: Query, *, of: Wrapped, beta: Positive = 1.0) -> Selection:
    """Another strategy, which picks at random in proportion to a power of its score.

    The largest log s + g / β are picked, where g has a standard Gumbel distribution: this draws samples
    without replacement, each in proportion to s^β. The information s is 1 − p₁ for confidence, 1 − (p₁ − p₂)
    for the margin, the entropy itself, and 1 over the distance to the nearest boundary.

    Args:
        of: the strategy; it must pick by `Query.smallest`.
        beta: β, the exponent; the larger it is, the closer the picks are to those of the strategy itself.

    Raises InputError if the strategy does not pick by `Query.smallest`.
    """
    parts = {part.name: getattr(query, part.name) for part in fields(query)}
    noisy = _PowerQuery(**parts, beta=beta)
    selection = of.pick(noisy)
    if not noisy.sampled:
        raise InputError(
            f"strategy 'power': {of.name!r} does not pick by Query.smallest, whose scores power samples; let "
            'it end with, for example, `return query.smallest("margin")`'
        )
    return selection


@dataclass(frozen=True)
class _PowerQuery(Query):
    """A query whose smallest scores are sampled.

    Attributes:
        beta: the exponent.
        sampled: the scores that were sampled.
    """

    beta: float = 1.0
    sampled: list[str] = field(default_factory=list)

    def smallest(self, score: str, sign: int = 1) -> Selection:
        """Pick ``budget`` samples, each in proportion to a power of its information; decided in float64."""
        self.sampled.append(score)
        pool_scorer, size = self.pool_scorer(), len(self.unlabelled)
        noise = self.generator.gumbel(size=size) / self.beta
        approximate = sign * self.scores[score].astype(np.float64)
        exact, error = np.full(size, np.nan), largest_error(approximate, approximate)
        budget = min(self.budget, size)
        num_candidates = min(size, max(budget + MIN_SPARE, MIN_CANDIDATES))
        while True:
            upper = noise + _log_information(score, approximate - error)
            candidates = np.sort(np.argsort(-upper, kind="stable")[:num_candidates])
            unscored = candidates[np.isnan(exact[candidates])]
            exact[unscored] = sign * pool_scorer.score64(self.unlabelled[unscored], score)
            values = quantise(exact[candidates], approximate)
            keys = noise[candidates] + _log_information(score, values)
            best = np.lexsort((candidates, -keys))[:budget]
            observed_error = ERROR_MARGIN * largest_error(exact[candidates], approximate[candidates])
            may_belong = int(np.count_nonzero(upper >= keys[best].min(initial=np.inf)))
            if observed_error <= error and may_belong <= num_candidates:
                return Selection(self.unlabelled[candidates[best]], {score: sign * values[best]})
            error, num_candidates = max(error, observed_error), max(num_candidates, may_belong)


def _log_information(score: str, values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        logarithms: np.ndarray = np.log(np.maximum(INFORMATION[score](values), 0))
    return logarithms
