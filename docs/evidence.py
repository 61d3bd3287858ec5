"""Tables of docs/evidence.md, from the learning curves of all seeds in docs/curves.

    python docs/evidence.py results/tiny_imagenet_lite0/curves.csv

adds the strategies of an experiment to docs/curves/tiny_imagenet_lite0.csv, in place of those of the same
names, and prints the table. So a comparison can run in parts. Without an argument, all tables are printed.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from activepool.evaluation.comparisons import holm, paired_p_value  # noqa: E402
from activepool.evaluation.statistics import mean_interval, normalised_area  # noqa: E402
from activepool.figures.results import REFERENCE, Curves, last_round  # noqa: E402
from activepool.io.files import write_table  # noqa: E402

FOLDER = ROOT / "docs" / "curves"

KEYS = ["strategy", "seed", "round", "labels"]
METRICS = ["top1", "balanced_accuracy", "tail_accuracy", "imbalance_ratio", "imbalance_total_variation"]

CONFIDENCE = 0.95

#: What the page calls strategies that are not called by their names alone.
LABELS = {
    "balanced_random": "`balanced_random`, an oracle",
    "margin_clustering": "`margin_clustering`, `subset: 5000`",
    "power_margin": "`power` of `margin`",
    "typiclust_then_margin": "`schedule`: `typiclust` for three rounds, then `margin`",
}


def joined(earlier: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of two runs of one experiment; a strategy of both is there as in the new one.

    Raises ValueError if the runs differ in their curves of random, with which the others are compared.
    """
    references = [table[table["strategy"] == REFERENCE].reset_index(drop=True) for table in (earlier, new)]
    if not references[0].equals(references[1]):
        raise ValueError(f"the curves of {REFERENCE} are not those of the earlier run")
    kept = earlier[~earlier["strategy"].isin(set(new["strategy"]))]
    return pd.concat([kept, new], ignore_index=True).sort_values(KEYS, kind="stable")


def add(path: Path) -> Path:
    """Add the curves of an experiment, and return the file that has them now."""
    file = FOLDER / f"{path.parent.name}.csv"
    new = pd.read_csv(path)[KEYS + METRICS].sort_values(KEYS, kind="stable")
    # The last digits of the means of many classes depend on the version of NumPy.
    new[METRICS] = new[METRICS].round(6)
    write_table(file, joined(pd.read_csv(file), new) if file.exists() else new)
    return file


def table(curves: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of a table in Markdown, strategies by area."""
    has_tail = bool(curves["tail_accuracy"].notna().any())
    metric = "balanced_accuracy" if has_tail else "top1"
    has_all_classes = bool(last_round(curves)["imbalance_ratio"].notna().all())
    areas = {name: normalised_area(curve) for name, curve in Curves(curves).by_strategy(metric).items()}
    gains = _gains(curves, metric)
    p_values = dict(zip(gains, holm([float(paired_p_value(gain)) for gain in gains.values()]), strict=True))
    tail_gains = _gains(curves, "tail_accuracy") if has_tail else {}

    name = "balanced accuracy" if has_tail else "top-1"
    heads = ["strategy", f"{name}, {curves['labels'].max():,} labels", "area", "area − random", "p"]
    heads += [*(["tail"] if has_tail else []), "imbalance"]
    yield _row(heads)
    yield "|---" * len(heads) + "|"
    for strategy in sorted(areas, key=lambda name: -areas[name].mean()):
        last = last_round(curves[curves["strategy"] == strategy])
        label = LABELS.get(strategy, f"`{strategy}`")
        cells = [label, _percent(last[metric], 1), _percent(areas[strategy], 2)]
        if strategy in gains:
            cells += [_percent(gains[strategy], 2, signed=True), _p_value(p_values[strategy])]
            cells += [_percent(tail_gains[strategy], 1, signed=True)] if has_tail else []
        else:
            cells += [""] * (3 if has_tail else 2)
        ratio, share = last["imbalance_ratio"].mean(), last["imbalance_total_variation"].mean()
        yield _row([*cells, f"{ratio:.2g}" if has_all_classes else f"{100 * share:.0f}"])


def _gains(curves: pd.DataFrame, metric: str) -> dict[str, np.ndarray]:
    return {name: normalised_area(curve) for name, curve in Curves(curves).differences(metric).items()}


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def _percent(values: np.ndarray | pd.Series, digits: int, signed: bool = False) -> str:
    """Return a mean over seeds and the half width of its interval in percent, with a true minus."""
    mean, half_width = (100 * float(value) for value in mean_interval(np.asarray(values), CONFIDENCE))
    text = f"{mean:{'+' if signed else ''}.{digits}f}".replace("-", "−")
    return f"{text if float(f'{mean:.{digits}f}') else f'{0:.{digits}f}'} ± {half_width:.{digits}f}"


def _p_value(p: float) -> str:
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}" if p < 0.995 else "1"


if __name__ == "__main__":
    try:
        files = [add(Path(path)) for path in sys.argv[1:]] or sorted(FOLDER.glob("*.csv"))
        for file in files:
            print(file.stem, *table(pd.read_csv(file)), sep="\n")
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"evidence: {error}")
