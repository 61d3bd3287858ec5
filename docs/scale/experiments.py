"""The tables of whole experiments, of features, and of what stops being comfortable."""

from collections.abc import Callable

from scale.machines import GPU_CORES, MACHINES, alone, one_gpu, scattered, training_seconds
from scale.measured import host, steps, table
from scale.model import COSTS, DECAYS, HALF, INDEX_ROW_BYTES, SINGLE, VALIDATION, Query, Work
from scale.tables import CASES, SIZES, WIDTHS
from scale.text import dollars, duration, markdown, volume

#: The experiment: strategies, seeds, and queries of each.
STRATEGIES = ("random", "confidence", "margin", "entropy", "mase", "base", "badge", "coreset")
STRATEGIES += ("partitioned_coreset", "cluster_margin")
SEEDS, QUERIES = 5, 29

#: Memory and minutes for each GB of features that the rule `select` asks for: workflow/rules/queries.smk.
ASKED_SHARE, ASKED_MINUTES = 1.2, 20


def experiment(an_hour: float) -> str:
    """Return time and price of an experiment: on one GPU, and on MACHINES of them without shards and with."""
    gpu = one_gpu()
    seconds: dict[str, list[float]] = {name: [] for name in ("one", "chains", "shards")}
    paid: dict[str, list[float]] = {name: [] for name in ("one", "shards")}
    for query in CASES.values():
        training = training_seconds(gpu, query)
        single = [alone(gpu, name, query) for name in STRATEGIES]
        several = [scattered(gpu, name, query) for name in STRATEGIES]
        seconds["one"].append(SEEDS * QUERIES * sum(one.seconds + training for one in single))
        # The chains of strategies and seeds, fewer than machines, run side by side.
        seconds["chains"].append(QUERIES * max(one.seconds + training for one in single))
        seconds["shards"].append(QUERIES * max(one.seconds + training for one in several))
        paid["one"].append(SEEDS * QUERIES * sum(one.busy + training for one in single))
        paid["shards"].append(SEEDS * QUERIES * sum(one.busy + training for one in several))
    rows = [
        ["on 1 GPU", *map(duration, seconds["one"])],
        [f"on {MACHINES}, each chain on one", *map(duration, seconds["chains"])],
        [f"the longest chain on {MACHINES}, in shards", *map(duration, seconds["shards"])],
        ["price without shards", *(dollars(one / 3600 * an_hour) for one in paid["one"])],
        ["price in shards", *(dollars(one / 3600 * an_hour) for one in paid["shards"])],
        [
            "price of the features, once",
            *(dollars(extraction_seconds(one) / 3600 * an_hour) for one in CASES.values()),
        ],
    ]
    return markdown(["", *CASES], rows)


def extraction_seconds(query: Query) -> float:
    """Return how long one GPU extracts the features."""
    return query.size / images_a_second()


def images_a_second() -> float:
    """Return the images a second that the cores beside one GPU decode; the GPU does not keep them waiting."""
    decoded = table("images").set_index("workers").decoding[1]
    return float(decoded) * GPU_CORES


def features() -> str:
    """Return the time of the extraction and of the gathering of its shards."""
    gpu, rate, slow = one_gpu(), images_a_second(), table("images").both.max()
    lines = {
        "extract on 2 cores by ResNet-18 (512)": [size / slow for size in SIZES.values()],
        "extract on 1 GPU": [size / rate for size in SIZES.values()],
        f"extract on {MACHINES}": [size / rate / MACHINES for size in SIZES.values()],
    }
    # Gathered features are read, written, and read once more for their digest.
    a_byte = 2 / gpu.storage + host("written_byte")
    for width in WIDTHS:
        lines[f"gather × {width}, one job"] = [size * width * HALF * a_byte for size in SIZES.values()]
    return markdown(["", *SIZES], [[label, *map(duration, seconds)] for label, seconds in lines.items()])


def limits() -> str:
    """Return what stops being comfortable, in numbers."""
    queries, gpu = [Query(size) for size in SIZES.values()], one_gpu()
    kept = SEEDS * QUERIES * sum(COSTS[name](queries[0]).file_bytes for name in STRATEGIES)

    def rows_in_time(query: Query) -> float:
        rows = (DECAYS + 1) * VALIDATION * query.size
        return gpu.seconds(Work(rows=rows), query.feature_bytes)

    lines: dict[str, Callable[[Query], str]] = {
        "features × 2048": lambda one: volume(one.feature_bytes),
        "reading them once from storage": lambda one: duration(one.feature_bytes / gpu.storage),
        "memory that `select` asks Slurm for": lambda one: volume(3e9 + ASKED_SHARE * one.feature_bytes),
        "time that it asks for": lambda one: duration(60 * (30 + ASKED_MINUTES * one.feature_bytes / 1e9)),
        "rows of validation.csv, at 1 %": lambda one: f"{VALIDATION * one.size:,.0f}",
        "reading that file, in every job": lambda one: duration(VALIDATION * one.size * host("index_row")),
        "memory for that": lambda one: volume(VALIDATION * one.size * INDEX_ROW_BYTES),
        "reading the features of these rows, in every training": lambda one: duration(rows_in_time(one)),
        "sorting a score on one thread": lambda one: duration(host("smallest") * one.size),
        "`coreset`: looks at the farthest, on one thread": lambda one: duration(
            steps("coreset", one)["turns"] * host("front") * one.size
        ),
        "`badge`: draws from bounds, on one thread": lambda one: duration(
            steps("badge", one)["turns"] * host("draw") * one.size
        ),
        "scores.h5 and state.h5 of the experiment above": lambda one: volume(kept * one.size),
        "`ceiling: true`: the pool's features in memory": lambda one: volume(one.size * one.width * SINGLE),
    }
    return markdown(["", *SIZES], [[label, *map(show, queries)] for label, show in lines.items()])
