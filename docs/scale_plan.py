"""Write the tables of docs/scale.md from measured unit costs and a cost model: `python docs/scale_plan.py`.

Each table lies between two marks in the page; what is around them is written by hand.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "docs")]

from scale import experiments, jobs, tables  # noqa: E402
from scale.machines import PRICE  # noqa: E402

PAGE = ROOT / "docs/scale.md"

#: The tables by the name of their marks.
TABLES: dict[str, Callable[[], str]] = {
    "trust": tables.trust,
    "units": tables.units,
    "costs": tables.costs,
    **{f"times {width}": tables.times_of(width) for width in tables.WIDTHS},
    "cpu": tables.cpu,
    "space": tables.space,
    "features": experiments.features,
    "limits": experiments.limits,
    "planner": jobs.planner,
    "shards": jobs.shards,
}

#: Those that depend on the price of an hour.
PRICED: dict[str, Callable[[float], str]] = {"price": tables.prices, "experiment": experiments.experiment}


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--price", type=float, default=PRICE, help=f"dollars an hour (default: {PRICE:g})")
    text = with_tables(PAGE.read_text(encoding="utf-8"), parser.parse_args().price)
    PAGE.write_text(text, encoding="utf-8")


def with_tables(text: str, price: float = PRICE) -> str:
    """Return ``text`` with each table between its two marks."""
    made = {name: make() for name, make in TABLES.items()}
    made |= {name: make(price) for name, make in PRICED.items()}
    for name, content in made.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = before + start + content + end + after
    return text


if __name__ == "__main__":
    main()
