"""A cost model of a round's query: what each strategy does, and how long that takes on a machine.

What a strategy does is read off its code: features streamed, floating-point operations, passes over
matrices, and work of one thread of the host. Each has a unit cost on a machine; their sum is the time, as if
nothing were done at once. How often strategies look at samples again depends on the data: benchmarks/steps.py
counts it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from scale.measured import host, steps

#: Bytes of a number: float16, float32, and float64 or int64.
HALF, SINGLE, DOUBLE = 2, 4, 8

#: Constants of the library: base.SPARE and FEWEST, exact.SPARE_CANDIDATES, kcenter.FIRST_CENTERS,
#: cluster_margin.LEAVES and its margin_factor, clusters.SAMPLES_PER_CELL and LLOYD_STEPS,
#: margin_clustering.LARGEST_POOL.
SPARE_OF_CLASS, FEWEST_OF_CLASS, SPARE_CANDIDATES, FIRST_CENTERS = 2, 12, 1024, 128
LEAVES, MARGIN_FACTOR = 2000, 10
SAMPLES_PER_CELL, LLOYD_STEPS, LARGEST_CLUSTERED = 64, 10, 20_000

#: Parts of `partitioned`, the share of the validation split, weight decays to choose from: the defaults.
PARTITIONS, VALIDATION, DECAYS = 10, 0.01, 5

#: Bytes of memory that reading a row of validation.csv takes (csv.DictReader).
INDEX_ROW_BYTES = 260


@dataclass(frozen=True)
class Query:
    """A round: N, d, C, labelled samples, picks, and the samples that margin_clustering draws."""

    size: float
    width: int = 2048
    classes: int = 1000
    labelled: int = 30_000
    budget: int = 10_000
    clustered: int = LARGEST_CLUSTERED

    @property
    def feature_bytes(self) -> float:
        """The size of the pool's features in float16."""
        return self.size * self.width * HALF


@dataclass(frozen=True)
class Work:
    """What is done, each kind in its own unit.

    Attributes:
        streamed: bytes of files read from start to end, and made float32.
        products: floating-point operations of float32 products, on the device.
        passed: bytes read and written in passes over matrices, on the device.
        products64, passed64: the same of float64, on all cores of the host.
        rows: features read here and there.
        host: seconds of one thread of the host.
    """

    streamed: float = 0.0
    products: float = 0.0
    passed: float = 0.0
    products64: float = 0.0
    passed64: float = 0.0
    rows: float = 0.0
    host: float = 0.0

    def __add__(self, other: "Work") -> "Work":
        return Work(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Cost:
    """What a strategy does in a round, and what it keeps.

    Attributes:
        serial: what its job `select` does.
        scattered: what is done with each sample by itself, which ``pool_shards`` divides.
        shards_bytes: for each sample, what the shards hand on.
        jobs: programs one after the other, where there are no shards.
        sample_bytes: memory of `select` for each sample of the pool.
        other_bytes: memory that does not grow with the pool.
        file_bytes: for each sample, what a round leaves on disk.
        prepared: what is done once a seed, before the rounds.
    """

    serial: Work
    scattered: Work = Work()
    shards_bytes: float = 0.0
    jobs: int = 1
    sample_bytes: float = 0.0
    other_bytes: float = 0.0
    file_bytes: float = 0.0
    prepared: Work = Work()


def of_every_job(query: Query) -> Work:
    """Return what every job of a query does, shards too: it reads labels and splits, and finds the pool."""
    seconds = host("pool") + VALIDATION * host("index_row")
    return Work(streamed=DOUBLE * query.size, host=seconds * query.size)


def product(query: Query, columns: float) -> Work:
    """Return a pass over the features that multiplies them with so many columns."""
    return Work(streamed=query.feature_bytes, products=2 * query.size * query.width * columns)


def passes(query: Query, number: float, columns: float) -> Work:
    """Return passes over a float32 matrix of the pool and so many columns."""
    return Work(passed=number * query.size * columns * SINGLE)


def exact(query: Query, rows: float) -> Work:
    """Return the logits of some rows in float64."""
    return Work(products64=2 * rows * query.width * query.classes, rows=rows)


def by_score(logit_passes: float) -> Callable[[Query], Cost]:
    """Return the cost of taking the smallest of a score that passes so often over the logits."""

    def cost(query: Query) -> Cost:
        return Cost(
            scattered=product(query, query.classes) + passes(query, logit_passes, query.classes),
            serial=_of_scores(query) + exact(query, query.budget + SPARE_CANDIDATES),
            **_SCORED,
            sample_bytes=60,
        )

    return cost


#: scores.h5: index, predicted, one score.
_SCORED = {"jobs": 2, "shards_bytes": 16.0, "file_bytes": 16.0}


def _of_scores(query: Query) -> Work:
    """Return reading scores.h5 and sorting one score."""
    return Work(streamed=16 * query.size, host=host("smallest") * query.size)


def base(query: Query) -> Cost:
    """Score as mase, keep lists of the nearest to each class, and decide among their first in float64."""
    rows = max(query.budget + SPARE_OF_CLASS * query.classes, FEWEST_OF_CLASS * query.classes)
    passed = product(query, query.classes) + passes(query, 15, query.classes)
    read = Work(streamed=16 * query.size, host=query.size * host("member"))
    decided = exact(query, rows)
    return Cost(
        scattered=passed,
        serial=read + decided + _times(passed, steps("base", query)["passes"]),
        **_SCORED,
        sample_bytes=45,
    )


def badge(query: Query) -> Cost:
    """Measure all gradients' lengths; then draw from bounds of D², by a cumulative sum over the pool."""
    counted = steps("badge", query)
    columns = query.width + query.classes
    lengths = passes(query, 11, query.classes) + passes(query, 1, query.width)
    return Cost(
        scattered=product(query, query.classes) + lengths,
        serial=Work(
            products=2 * (counted["pairs"] * columns + counted["rows"] * query.width * query.classes),
            passed=8 * counted["pairs"] * SINGLE,
            rows=counted["rows"],
            host=query.size * (counted["turns"] * host("draw") + host("member")),
        ),
        shards_bytes=4,
        sample_bytes=80,
        other_bytes=query.budget * columns * SINGLE,
    )


def coreset(query: Query) -> Cost:
    """Bound all distances by the first centers; then look at the farthest, by a partial sort of the pool."""
    counted = steps("coreset", query)
    bounds = passes(query, 8, FIRST_CENTERS) + passes(query, 4, query.width)
    return Cost(
        scattered=product(query, FIRST_CENTERS) + bounds,
        serial=Work(
            products=2 * counted["pairs"] * query.width,
            passed=9 * counted["pairs"] * SINGLE,
            rows=counted["rows"] + query.labelled,
            host=query.size * (counted["turns"] * host("front") + host("member")),
        ),
        shards_bytes=16,
        sample_bytes=90,
        other_bytes=(query.labelled + query.budget) * query.width * SINGLE,
        file_bytes=16,
    )


def partitioned(wrapped: Callable[[Query], Cost]) -> Callable[[Query], Cost]:
    """Return the cost of a strategy in parts: each has its part of pool, centers and picks."""

    def cost(query: Query) -> Cost:
        share = {name: getattr(query, name) // PARTITIONS for name in ("size", "labelled", "budget")}
        part = wrapped(replace(query, **share))
        return Cost(
            serial=_times(part.scattered + part.serial, PARTITIONS),
            sample_bytes=50 + part.sample_bytes / PARTITIONS,
            other_bytes=part.other_bytes,
        )

    return cost


def cluster_margin(query: Query) -> Cost:
    """Take the smallest margins of clusters that were made once: k-means cells, merged."""
    scored = by_score(14)(query)
    sample = min(query.size, SAMPLES_PER_CELL * LEAVES)
    looked_at = min(query.size, MARGIN_FACTOR * query.budget) + SPARE_CANDIDATES
    fitting = Work(products=2 * 2 * LLOYD_STEPS * sample * query.width * LEAVES, rows=sample)
    return Cost(
        scattered=scored.scattered,
        serial=_of_scores(query) + exact(query, looked_at),
        **_SCORED,
        sample_bytes=scored.sample_bytes + DOUBLE,
        prepared=fitting + product(query, LEAVES) + passes(query, 4, LEAVES),
    )


def margin_clustering(query: Query) -> Cost:
    """Cluster a random subset; the pool itself is only drawn from."""
    sample = min(query.clustered, query.size)
    return Cost(
        serial=exact(query, sample)
        + Work(rows=sample, host=sample**2 / 2 * host("ward_pair") + query.size * host("shuffle")),
        sample_bytes=40,
        other_bytes=DOUBLE * sample**2,
    )


def balancing(query: Query) -> Cost:
    """List the nearest to each class by passes of float64 on the host, and compare them at each pick."""
    counted = steps("balancing", query)
    numbers = query.size * query.classes
    one_pass = Work(
        streamed=query.feature_bytes,
        products64=2 * numbers * query.width,
        passed64=14 * numbers * DOUBLE,
    )
    compared = 32 * counted["turns"]
    return Cost(
        serial=_times(one_pass, counted["passes"])
        + exact(query, compared)
        + Work(host=query.size * (host("shuffle") + host("member"))),
        sample_bytes=75,
    )


def random(query: Query) -> Cost:
    """Draw rows."""
    return Cost(serial=Work(host=query.size * host("member")), sample_bytes=35)


def balanced_random(query: Query) -> Cost:
    """Look through the pool's labels once a class."""
    seconds = query.classes * host("of_class") + host("member")
    return Cost(serial=Work(host=query.size * seconds), sample_bytes=40)


def training(query: Query, passes_over_labelled: float) -> Work:
    """Return training a head: passes over the labelled set, and the validation split for each decay."""
    products = 4 * query.labelled * query.width * query.classes
    rows = query.labelled + (DECAYS + 1) * VALIDATION * query.size
    return Work(products=passes_over_labelled * products, rows=rows)


def _times(work: Work, factor: float) -> Work:
    return Work(*(getattr(work, one.name) * factor for one in fields(work)))


#: The strategies on features. The passes over the logits are counted in scores/uncertainty.py and
#: scores/boundaries.py: reads and writes of (n, C), with that of the bias.
COSTS: dict[str, Callable[[Query], Cost]] = {
    "random": random,
    "balanced_random": balanced_random,
    "confidence": by_score(9),
    "margin": by_score(14),
    "entropy": by_score(17),
    "mase": by_score(13),
    "base": base,
    "badge": badge,
    "coreset": coreset,
    "partitioned_badge": partitioned(badge),
    "partitioned_coreset": partitioned(coreset),
    "cluster_margin": cluster_margin,
    "margin_clustering": margin_clustering,
    "balancing": balancing,
}


def memory_of_select(name: str, query: Query) -> float:
    """Return the bytes of `select`, without pages of the features file, which the system can take back."""
    cost = COSTS[name](query)
    splits = VALIDATION * INDEX_ROW_BYTES
    return 0.15e9 + (cost.sample_bytes + splits) * query.size + cost.other_bytes
