"""The runs of a labelling project on many vectors: the first batch, a run without news, and the next batch.

    python benchmarks/labelling_loop.py --samples 1000000 --output results/benchmarks/labelling_loop.csv

The vectors are noise around one centre for each class, with names of photographs. One measurement is one
`snakemake next_batch`, from start to end of its process: seconds, CPU seconds of all its processes, and the
peak memory of the largest. The first batch is random, or by the strategy that ``--first`` names.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from measuring import run_snakemake

from activepool.io.files import write_table

CONFIGURATION = "loop.yaml"

#: Classes of the vectors; the name of a photograph begins with its class.
CLASSES = 20


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=64, help="dimensions of a vector")
    parser.add_argument("--first", default="random", help="strategy of the first batch")
    parser.add_argument("--strategy", default="margin", help="of the second batch")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Run a project three times; print and write the table."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), arguments)
        rows = [{"run": "first batch", **next_batch(folder, arguments.cores)}]
        rows.append({"run": "no news", **next_batch(folder, arguments.cores)})
        answer_all(Path(folder))
        rows.append({"run": "second batch", **next_batch(folder, arguments.cores)})
    table = pd.DataFrame(rows)
    table.insert(0, "samples", arguments.samples)
    print(table.to_string(index=False, float_format="{:.1f}".format))
    if arguments.output:
        write_table(arguments.output, table)


def write_project(folder: Path, arguments: argparse.Namespace) -> None:
    """Write the vectors, in float16, and the configuration of the project."""
    random = np.random.default_rng(0)
    shape = (arguments.samples, arguments.width)
    classes = random.integers(CLASSES, size=arguments.samples)
    centres = 2 * random.standard_normal((CLASSES, arguments.width), dtype=np.float32)
    features = (centres[classes] + random.standard_normal(shape, dtype=np.float32)).astype(np.float16)
    sources = [f"class{name:02d}/{number:09d}.jpg" for number, name in enumerate(classes)]
    np.savez(folder / "vectors.npz", features=features, sources=np.array(sources))
    project = {
        "project": "loop",
        "embeddings": "vectors.npz",
        "strategy": arguments.strategy,
        "first_strategy": arguments.first,
        "batch": 50,
        "audit": 100,
    }
    (folder / CONFIGURATION).write_text(yaml.safe_dump(project), encoding="utf-8")


def next_batch(folder: str, cores: int) -> dict[str, float]:
    """Run the project once in a new process; return seconds, CPU seconds and peak memory."""
    options = ["--configfile", CONFIGURATION, "--cores", str(cores)]
    return run_snakemake(folder, "next_batch", *options)[0]


def answer_all(folder: Path) -> None:
    """Label all samples that went out."""
    for sent in sorted((folder / "results/loop/batches").glob("*/list.csv")):
        with sent.open(encoding="utf-8") as stream:
            sources = [row["source"] for row in csv.DictReader(stream)]
        answers = pd.DataFrame({"source": sources, "label": [name.split("/")[0] for name in sources]})
        write_table(folder / "returned" / f"{sent.parent.name}.csv", answers)


if __name__ == "__main__":
    main()
