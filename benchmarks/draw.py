"""Draw the table of `benchmarks/strategies.py`: `python benchmarks/draw.py results/strategies.csv`.

Above, time against the size of the pool, a panel per strategy; below, ratios and memory at the largest size.
The figure goes beside the table, as PDF and PNG.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from activepool.figures.export import print_settings
from activepool.figures.panels import PAGE_WIDTH
from activepool.figures.styles import DASHED, DOTTED, NAMES, PALETTE
from activepool.io.files import written_whole

LIBRARY, NAIVE = {"color": PALETTE[0], "marker": "o"}, {"color": PALETTE[1], "marker": "s"}
PRODUCT, READING = {"color": "#666666"}, {"color": "#666666", "linestyle": DOTTED}
HOLLOW = {"markerfacecolor": "white", "markeredgewidth": 0.8, "zorder": 4}

#: Panels in a row, and in inches the heights of a row and of a line of the lower part.
COLUMNS, ROW, LINE = 4, 1.5, 0.16


def draw(path: str | Path) -> None:
    """Draw the table at ``path`` and write the figure beside it."""
    table = pd.read_csv(path)
    with print_settings():
        figure = figure_of(table)
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
            with written_whole(Path(path).with_suffix(suffix)) as temporary:
                figure.savefig(temporary, metadata=metadata)


def figure_of(table: pd.DataFrame) -> Figure:
    """Return the figure."""
    table = table.assign(name=[printed(*row) for row in zip(table["strategy"], table["part"], strict=True)])
    order = [*NAMES]
    places = [order.index(name) if name in order else len(order) for name in table["strategy"]]
    table = table.assign(place=places).sort_values(["place", "name", "size"])
    names = table["name"].unique().tolist()
    rows = -(-(len(names) + 1) // COLUMNS)
    heights = [rows * ROW, 0.7 + LINE * len(names)]
    figure = Figure(figsize=(PAGE_WIDTH, sum(heights)), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=heights)
    draw_growth(above, table, names, rows)
    largest = table[table["size"] == table["size"].max()]
    draw_largest(
        below, largest.set_index("name").loc[[name for name in names if name in set(largest["name"])]]
    )
    return figure


def printed(strategy: str, part: str) -> str:
    """Return the name of a row in print."""
    return NAMES.get(strategy, strategy) + (", prepare" if part == "prepare" else "")


def draw_growth(figure: Figure, table: pd.DataFrame, names: list[str], rows: int) -> None:
    """Draw time against the size of the pool, a panel per strategy; the legend takes the next place."""
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True).flatten().tolist()
    for axes, name in zip(grid, names, strict=False):
        draw_times(axes, table[table["name"] == name])
        axes.set_title(name, pad=11)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    for number, axes in enumerate(grid[: len(names)]):
        axes.tick_params(labelbottom=number + COLUMNS >= len(names))
    legend(grid[len(names)], bool(table["naive_scaled"].eq(True).any()))
    log_ticks(grid[0].yaxis)
    figure.supxlabel("Pool size N (thousands)", fontsize=8)
    figure.supylabel("Time (s)", fontsize=8)


def draw_times(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the times of one strategy."""
    size = rows["size"]
    axes.loglog(size, rows["reading_seconds"], **READING)
    axes.loglog(size, rows["product_seconds"], **PRODUCT)
    axes.loglog(size, rows["naive_seconds"], linestyle=DASHED, **NAIVE)
    scaled = rows[rows["naive_scaled"].eq(True)]
    axes.loglog(scaled["size"], scaled["naive_seconds"], linestyle="", **NAIVE, **HOLLOW)
    axes.loglog(size, rows["seconds"], **LIBRARY)
    axes.xaxis.set(
        major_locator=FixedLocator(sorted(set(size))),
        minor_locator=NullLocator(),
        major_formatter=FuncFormatter(lambda value, _: f"{value / 1000:g}"),
    )
    note = f"grows as N to the {growth(rows):.2f}" if len(rows) > 1 else ""
    axes.text(0, 1.03, note, transform=axes.transAxes, fontsize=7, color="#555555")


def growth(rows: pd.DataFrame) -> float:
    """Return the exponent of N with which the library's time grows: the slope of a straight line in logs."""
    return float(np.polyfit(np.log(rows["size"]), np.log(rows["seconds"]), 1)[0])


def legend(axes: Axes, scaled: bool) -> None:
    """Write the legend into an empty panel."""
    lines = {
        "activepool": LIBRARY,
        "naive transcription": {**NAIVE, "linestyle": DASHED},
        "naive, extrapolated": {**NAIVE, **HOLLOW, "linestyle": ""},
        "unavoidable product": PRODUCT,
        "reading the features": READING,
    }
    if not scaled:
        del lines["naive, extrapolated"]
    for label, look in lines.items():
        axes.plot([], [], label=label, **look)
    axes.legend(loc="center left", bbox_to_anchor=(-0.1, 0.5), frameon=False, handlelength=2.4)


def draw_largest(figure: Figure, rows: pd.DataFrame) -> None:
    """Draw the ratios to naive and product, and the memory of both, at the largest size."""
    lines = np.arange(len(rows))
    panels = figure.subplots(1, 3, sharey=True)
    scaled = rows["naive_scaled"].eq(True).to_numpy()
    times, products, memory = panels
    times.plot(rows["times_naive"], lines, linestyle="", **LIBRARY)
    times.plot(rows["times_naive"][scaled], lines[scaled], linestyle="", **LIBRARY, **HOLLOW)
    times.set_xlabel("Naive time / activepool's")
    products.plot(rows["products"], lines, linestyle="", **LIBRARY)
    products.set_xlabel("Activepool's time / product's")
    memory.plot(rows["naive_peak_gb"] - rows["naive_baseline_gb"], lines, linestyle="", **NAIVE)
    memory.plot(rows["peak_gb"] - rows["baseline_gb"], lines, linestyle="", **LIBRARY)
    memory.set_xlabel("Peak memory above baseline (GB)")
    for axes in (times, products):
        axes.set_xscale("log")
        log_ticks(axes.xaxis)
        axes.axvline(1, color="#666666", linewidth=0.6, zorder=1)
    for axes in panels:
        axes.tick_params(axis="y", length=0)
    times.set_yticks(lines, rows.index)
    times.set_ylim(len(rows) - 0.5, -0.5)
    first = rows.iloc[0]
    where = (
        f"At N = {first['size']:,}, d = {first['width']:,}, C = {first['classes']:,}, on {first['device']}"
    )
    note = "; hollow: naive time extrapolated" if scaled.any() else ""
    figure.suptitle(where + note, fontsize=8, x=0.01, ha="left")


def log_ticks(axis: object) -> None:
    """Write plain numbers at powers of ten, and also between them if there are few."""
    low, high = sorted(axis.get_view_interval())
    few = np.log10(high / low) < 2
    axis.set(
        major_locator=LogLocator(subs=(1, 2, 5) if few else (1,), numticks=8),
        minor_locator=NullLocator(),
        major_formatter=FuncFormatter(lambda value, _: f"{value:,g}"),
    )


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", help="CSV of benchmarks/strategies.py")
    draw(parser.parse_args().table)


if __name__ == "__main__":
    main()
