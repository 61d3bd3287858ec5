"""What a unit of work costs on a machine, and how long a query takes on one or on several."""

from dataclasses import dataclass

from scale.measured import host, table
from scale.model import COSTS, HALF, SINGLE, Query, Work, of_every_job, training

#: The size of the pool of docs/measured/imagenet.csv.
IMAGENET = 1_281_167

#: The labelled set of that table's rounds.
TRAINED = 100_000

#: So much longer than the shortest time counts as nearly as fast.
NEARLY = 1.1

#: Machines of a cluster.
MACHINES = 64

#: Cores beside a GPU.
GPU_CORES = 16

#: Dollars for an hour of one GPU with its cores: an assumption, to be replaced by your own price.
PRICE = 4.0


@dataclass(frozen=True)
class Machine:
    """One device with its host.

    Attributes:
        name: for tables.
        start: seconds until a job's program works: scheduler, interpreter, imports, device.
        streaming: bytes a second of features in the page cache, until they are float32 on the device.
        storage: the same of features that are not there, because all of them are larger than ``memory``.
        memory: bytes of the host.
        products, passing: operations and bytes a second on the device, in float32.
        products64, passing64: the same of float64 on all cores of the host.
        cores: of the host.
        row, stored_row: seconds to read a feature here and there, from page cache and from storage.
    """

    name: str
    start: float
    streaming: float
    storage: float
    memory: float
    products: float
    passing: float
    products64: float
    passing64: float
    cores: int
    row: float
    stored_row: float

    def seconds(self, work: Work, feature_bytes: float) -> float:
        """Return the time of ``work`` on features of so many bytes, without the start of its job."""
        cached = feature_bytes < self.memory
        return (
            work.streamed / (self.streaming if cached else min(self.streaming, self.storage))
            + work.products / self.products
            + work.passed / self.passing
            + work.products64 / self.products64
            + work.passed64 / self.passing64
            + work.rows * (self.row if cached else self.stored_row)
            + work.host
        )


@dataclass(frozen=True)
class Times:
    """How long a query takes.

    Attributes:
        shards: in how many jobs the work on each sample is done; 1: with the rest.
        seconds: from its start to its end.
        busy: seconds of all machines together, which are paid for.
    """

    shards: int
    seconds: float
    busy: float


def two_cores() -> Machine:
    """Return the machine that all was measured on."""
    strategies = table("strategies")
    reading = strategies[strategies["size"] == strategies["size"].max()].iloc[0]
    streaming = reading["size"] * reading["width"] * HALF / reading["reading_seconds"]
    query = Query(IMAGENET)
    product = table("imagenet").set_index("work").seconds["product"] - query.feature_bytes / streaming
    products = 2 * query.size * query.width * query.classes / product
    return Machine(
        name="2 cores",
        start=host("start"),
        streaming=streaming,
        storage=1.2e9,
        memory=24e9,
        products=products,
        passing=31e9,
        products64=products / 2,
        passing64=31e9,
        cores=2,
        row=host("row"),
        stored_row=host("row") + 1e-4,
    )


def one_gpu(start: float = 5.0) -> Machine:
    """Return an H200 with 16 cores: from its data sheet, and as many times the measured speed of a core."""
    cores = two_cores()
    times = GPU_CORES / cores.cores
    copying = 10e9 * HALF / SINGLE
    return Machine(
        name="1 H200",
        start=start,
        streaming=1 / (1 / (times * cores.streaming) + 1 / copying),
        storage=2e9,
        memory=128e9,
        products=0.6 * 67e12,
        passing=0.7 * 4.8e12,
        products64=times * cores.products64,
        passing64=times * cores.passing64,
        cores=GPU_CORES,
        row=cores.row,
        stored_row=cores.stored_row,
    )


def alone(machine: Machine, strategy: str, query: Query) -> Times:
    """Return the time of a query without shards."""
    cost = COSTS[strategy](query)
    each = machine.start + machine.seconds(of_every_job(query), query.feature_bytes)
    work = machine.seconds(cost.scattered + cost.serial, query.feature_bytes)
    seconds = cost.jobs * each + work
    return Times(1, seconds, seconds)


def in_shards(machine: Machine, strategy: str, query: Query, shards: int) -> Times:
    """Return the time of a query whose work on each sample is done on so many machines at once."""
    cost = COSTS[strategy](query)
    each = machine.start + machine.seconds(of_every_job(query), query.feature_bytes)
    scattered = machine.seconds(cost.scattered, query.feature_bytes)
    handed_on = cost.shards_bytes * query.size * (host("read_byte") + host("written_byte"))
    # Scores are gathered by a job of their own; what was measured is read by the selection.
    gathering = (machine.start if cost.jobs == 2 else 0.0) + handed_on
    rest = gathering + each + machine.seconds(cost.serial, query.feature_bytes)
    return Times(shards, each + scattered / shards + rest, shards * each + scattered + rest)


def scattered(machine: Machine, strategy: str, query: Query, machines: int = MACHINES) -> Times:
    """Return the time of a query with the fewest shards that are nearly as fast as the best number."""
    choices = [alone(machine, strategy, query)]
    if COSTS[strategy](query).shards_bytes:
        counts = [2**power for power in range(1, machines.bit_length())]
        choices += [in_shards(machine, strategy, query, count) for count in counts]
    best = min(one.seconds for one in choices)
    return next(one for one in choices if one.seconds <= NEARLY * best)


def training_passes() -> float:
    """Return how often training goes over the labelled set: what it took, over what a pass takes."""
    seconds = table("imagenet").set_index("work").train_seconds["round"]
    one_pass = training(Query(IMAGENET, labelled=TRAINED), 1).products / two_cores().products
    return seconds / one_pass


def training_seconds(machine: Machine, query: Query) -> float:
    """Return the time of training a round's head, with five weight decays."""
    work = of_every_job(query) + training(query, training_passes())
    return machine.start + machine.seconds(work, query.feature_bytes)
