"""The tables of a round's query: what the model says, and beside it what was measured."""

from collections.abc import Callable

from scale.machines import GPU_CORES, IMAGENET, MACHINES, alone, one_gpu, scattered, two_cores
from scale.measured import host, table
from scale.model import COSTS, HALF, Query, memory_of_select
from scale.text import dollars, duration, markdown, volume

#: Pools and widths of the tables.
SIZES = {"1.28 M": IMAGENET, "14 M": 14_000_000, "100 M": 100_000_000, "1 B": 1_000_000_000}
WIDTHS = (2048, 512)
CASES = {f"{label} × {width}": Query(size, width) for width in WIDTHS for label, size in SIZES.items()}


def trust() -> str:
    """Return what the model says beside what was measured, on two cores."""
    rows = [
        [f"`{name}`", pool, duration(measured), duration(predicted), f"{predicted / measured:.2f}"]
        for name, pool, measured, predicted in compared()
    ]
    return markdown(["strategy", "pool", "measured", "computed", "computed / measured"], rows)


def compared() -> list[tuple[str, str, float, float]]:
    """Return (strategy, pool, measured seconds, computed seconds) of all that was measured on two cores."""
    machine, rows = two_cores(), []
    imagenet = table("imagenet").set_index("work").seconds
    for name in (name for name in COSTS if name in imagenet.index):
        rows.append((name, "1.28 M × 2048", imagenet[name], alone(machine, name, Query(IMAGENET)).seconds))
    for row in table("strategies").itertuples():
        if row.part == "round" and row.size == table("strategies")["size"].max() and row.seconds > 0.1:
            clustered = min(5000, row.size)  # benchmarks/strategies.py --largest-clustered
            query = Query(row.size, row.width, row.classes, row.labelled, row.budget, clustered)
            cost = COSTS[row.strategy](query)
            seconds = machine.seconds(cost.scattered + cost.serial, query.feature_bytes)
            rows.append((row.strategy, f"{row.size:,} × {row.width}", row.seconds, seconds))
    return rows


def units() -> str:
    """Return the unit costs of both machines, and where they come from."""
    cores, gpu = two_cores(), one_gpu()
    several = f"{GPU_CORES} cores of those measured"
    lines = [
        ("start of a job", lambda one: f"{one.start:.1f} s", "`steps.py`", "assumed: torch alone takes 2.5"),
        (
            "cached features to float32 on the device",
            lambda one: f"{one.streaming / 1e9:.1f} GB/s",
            "`strategies.py`",
            f"{several}, then copied at 10 GB/s (assumed)",
        ),
        ("features from storage", lambda one: f"{one.storage / 1e9:.1f} GB/s", "0.7 to 2.4 seen", "assumed"),
        ("memory of the host", lambda one: volume(one.memory), "", ""),
        (
            "products, float32",
            lambda one: f"{one.products / 1e12:.2g} TFLOP/s",
            "`imagenet_pool.py`",
            "60 % (assumed) of the data sheet's 67",
        ),
        (
            "passes over logits",
            lambda one: f"{one.passing / 1e9:,.0f} GB/s",
            "copying memory",
            "70 % (assumed) of the data sheet's 4,800",
        ),
        ("products, float64", lambda one: f"{one.products64 / 1e12:.2g} TFLOP/s", "half of float32", several),
        ("passes, float64", lambda one: f"{one.passing64 / 1e9:,.0f} GB/s", "copying memory", several),
        ("a cached feature here and there", lambda one: f"{one.row * 1e6:.0f} µs", "`steps.py`", "the same"),
        (
            "one from storage",
            lambda one: f"{one.stored_row * 1e6:.0f} µs",
            "100 µs more (assumed)",
            "the same",
        ),
    ]
    rows = [[label, show(cores), source, show(gpu), its] for label, show, source, its in lines]
    for work, label in (
        ("pool", "a sample: is it in the pool"),
        ("smallest", "a sample of a sorted score"),
        ("front", "a sample in a look at the farthest (`coreset`)"),
        ("draw", "a sample in a draw from bounds (`badge`)"),
        ("index_row", "a row of an index file"),
        ("written_byte", "a byte of a file that is written and hashed"),
    ):
        shown = f"{host(work) * 1e9:,.1f} ns"
        rows.append([label, shown, "`steps.py`, one thread", shown, "the same"])
    return markdown(["unit", cores.name, "source", gpu.name, "source"], rows)


def costs() -> str:
    """Return what a strategy does and keeps."""
    rows = []
    for name, cost_of in COSTS.items():
        query = Query(IMAGENET)
        cost, product = cost_of(query), 2 * query.size * query.width
        done = cost.scattered + cost.serial
        columns = (done.products + done.products64) / product
        share = cost.scattered.products / (done.products + done.products64) if columns else 0.0
        rows.append(
            [
                f"`{name}`",
                f"{columns:,.0f}",
                f"{share:.0%}" if cost.shards_bytes else "–",
                f"{done.rows:,.0f}" if done.rows else "–",
                f"{cost.sample_bytes:.0f}",
                f"{cost.file_bytes:.0f}" if cost.file_bytes else "–",
            ]
        )
    header = ["strategy", "columns of products", "of which scattered", "features read here and there"]
    return markdown([*header, "bytes of memory a sample", "bytes on disk a sample and round"], rows)


def times_of(width: int) -> Callable[[], str]:
    """Return the table of one width: a query on one GPU and on MACHINES of them, with their shards."""

    def make() -> str:
        gpu, rows = one_gpu(), []
        for name in COSTS:
            queries = [Query(size, width) for size in SIZES.values()]
            several = [scattered(gpu, name, query) for query in queries]
            shown = [
                f"{duration(one.seconds)}{f' ({one.shards})' if one.shards > 1 else ''}" for one in several
            ]
            rows.append(
                [f"`{name}`", *(duration(alone(gpu, name, query).seconds) for query in queries), *shown]
            )
        header = [
            "strategy",
            *(f"{size}, 1 GPU" for size in SIZES),
            *(f"{size}, {MACHINES}" for size in SIZES),
        ]
        return markdown(header, rows)

    return make


def cpu() -> str:
    """Return the times of a query on two cores."""
    machine = two_cores()
    rows = [
        [f"`{name}`", *(duration(alone(machine, name, one).seconds) for one in CASES.values())]
        for name in COSTS
    ]
    return markdown(["strategy", *CASES], rows)


def space() -> str:
    """Return memory and disk."""
    queries = [Query(size) for size in SIZES.values()]
    rows = [
        [f"features × {width}, float16", *(volume(size * width * HALF) for size in SIZES.values())]
        for width in WIDTHS
    ]
    rows += [["scores.h5 or state.h5 of a round", *(volume(16 * one.size) for one in queries)]]
    for name in ("random", "base", "margin", "badge", "coreset", "balancing"):
        rows.append(
            [f"memory of select, `{name}`", *(volume(memory_of_select(name, one)) for one in queries)]
        )
    return markdown(["", *SIZES], rows)


def prices(an_hour: float) -> str:
    """Return the price of a query of each strategy on one GPU."""
    gpu = one_gpu()
    rows = [
        [f"`{name}`", *(dollars(alone(gpu, name, one).busy / 3600 * an_hour) for one in CASES.values())]
        for name in COSTS
    ]
    return markdown(["strategy", *CASES], rows)
