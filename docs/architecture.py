"""Draw the pictures of docs/architecture.md, and the loop of the README: python docs/architecture.py."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

DOCS = Path(__file__).parent

#: The floors of the house, from the bottom up. A room imports from those below it and to its left.
FLOORS = (
    ("errors", "plugins", "compute", "io"),
    ("parallel", "data", "ledger", "records", "backbones"),
    ("features", "heads", "evaluation"),
    ("scores", "diversity", "adversarial", "strategies"),
    ("pretraining", "finetuning", "figures", "tracking"),
    ("api", "labelling", "programs", "stages"),
)
FLOOR_NAMES = (
    "reading, writing, computing",
    "data, networks, records",
    "features and heads",
    "strategies",
    "training and figures",
    "labelling, programs, notebooks",
)

#: The stages in the order of the data: name, column, row.
FLOW = {
    "dataset": (0, 1),
    "pretrain": (1, 2),
    "extract": (2, 1),
    "gather": (3, 1),
    "validation": (1, 0),
    "initial_labelled": (2, 0),
    "train": (4, 1),
    "score": (5, 1),
    "select": (6, 1),
    "curves": (7, 2),
    "selections": (7, 1),
    "figure": (8, 2),
    "table": (8, 1),
    "contact_sheet": (7, 0),
}
ARROWS = (
    *(("dataset", "pretrain"), ("dataset", "extract"), ("pretrain", "extract"), ("extract", "gather")),
    *(("dataset", "validation"), ("validation", "initial_labelled"), ("initial_labelled", "train")),
    *(("gather", "train"), ("train", "score"), ("score", "select"), ("train", "curves")),
    *(("select", "selections"), ("select", "contact_sheet"), ("curves", "figure"), ("curves", "table")),
    ("selections", "table"),
)

#: The stages of a project in the order of the data, people, and the ledger: name, column, row.
LABELLING = {
    "photographs": (0, 1),
    "extract": (1, 1),
    "gather": (2, 1),
    "pool_features": (3, 1),
    "train_labelled": (4, 1),
    "propose": (5, 1),
    "send": (6, 1),
    "people": (7, 1),
    "predict": (5, 2),
    "status": (6, 2),
    "export": (6, 3),
    "training_labels": (4, 0),
    "candidates": (5, 0),
    "ledger": (7, 0),
}
LABELLING_ARROWS = (
    *(("photographs", "extract"), ("extract", "gather"), ("gather", "pool_features")),
    *(("pool_features", "train_labelled"), ("train_labelled", "propose"), ("train_labelled", "predict")),
    *(("predict", "status"), ("predict", "export"), ("predict", "send")),
    *(("propose", "send"), ("send", "people")),
)

#: The arrows of the loop through the ledger: the points at their two ends, and how far each bends.
LEDGER_ARROWS = {
    ("people", "ledger"): ((7.38, 1.26), (7.38, 0.76), 0),
    ("ledger", "candidates"): ((6.98, 0.5), (5.78, 0.5), 0),
    ("ledger", "training_labels"): ((7.38, 0.26), (4.38, 0.26), -0.1),
    ("candidates", "propose"): ((5.38, 0.74), (5.38, 1.26), 0),
    ("training_labels", "train_labelled"): ((4.38, 0.74), (4.38, 1.26), 0),
}

#: The loop as its users see it, from left to right, and the boxes that it repeats.
LOOP = (
    "images,\nno labels",
    "features of a\npretrained backbone,\ncomputed once",
    "a strategy\npicks a batch",
    "people (or the known\nlabels) answer",
    "a model learns\nfrom all labels",
    "predictions, curves,\ntables",
)
REPEATED = LOOP[2:5]

#: The colour of loops.
RED = "#b03020"

COLOURS = ("#dce6f2", "#d7ecdf", "#fdf0d0", "#f9dcd4", "#e8def2", "#e3e3e3")


def main() -> None:
    """Draw and write all pictures."""
    matplotlib.rcParams["svg.hashsalt"] = "architecture"  # identities in the files are otherwise random
    write(draw_rooms(), "rooms")
    write(draw_flow(), "flow")
    write(draw_labelling(), "labelling")
    write(draw_loop(), "loop")


def write(figure: Figure, name: str) -> None:
    """Write a picture, with the same bytes for the same code."""
    figure.savefig(DOCS / f"architecture_{name}.svg", metadata={"Date": None}, bbox_inches="tight")


def draw_rooms() -> Figure:
    """Return the rooms of the library, floor upon floor."""
    figure = Figure(figsize=(10, 6.2))
    axes = blank(figure, (0, 10), (0, len(FLOORS)))
    for floor, (rooms, name) in enumerate(zip(FLOORS, FLOOR_NAMES, strict=True)):
        axes.text(0.05, floor + 0.5, name, va="center", fontsize=10, style="italic")
        width = 7.4 / len(rooms)
        for number, room in enumerate(rooms):
            left = 2.6 + number * width
            box(axes, left, floor + 0.12, width - 0.12, 0.76, COLOURS[floor])
            middle = left + (width - 0.12) / 2
            axes.text(middle, floor + 0.5, room, ha="center", va="center", fontsize=11)
    return figure


def draw_flow() -> Figure:
    """Return the stages from the user's data to figures, with the loop of the rounds."""
    figure = Figure(figsize=(12, 3.7))
    axes = blank(figure, (-0.1, 8.9), (0.1, 2.85))
    draw_stages(axes, FLOW, ("train", "score", "select"))
    for start, end in ARROWS:
        arrow(axes, FLOW[start], FLOW[end], start == "train")
    bent_arrow(axes, (6.38, 1.26), (4.38, 1.26), -0.35)
    axes.text(5.38, 0.62, "each round", ha="center", fontsize=10, color=RED)
    return figure


def draw_labelling() -> Figure:
    """Return the stages of a project, with people and the ledger."""
    figure = Figure(figsize=(11, 4.6))
    axes = blank(figure, (-0.1, 7.9), (0, 3.85))
    draw_stages(axes, LABELLING, ("people", "ledger"))
    for start, end in LABELLING_ARROWS:
        arrow(axes, LABELLING[start], LABELLING[end])
    for tail, head, bend in LEDGER_ARROWS.values():
        bent_arrow(axes, tail, head, bend)
    axes.text(6.38, 0.58, "each batch", ha="center", fontsize=10, color=RED)
    return figure


def draw_loop() -> Figure:
    """Return the loop of active learning, for readers who do not know it."""
    figure = Figure(figsize=(11, 2.1))
    axes = blank(figure, (-0.1, 8.3), (0, 1.55))
    for column, text in enumerate(LOOP):
        box(axes, 1.4 * column, 0.75, 1.2, 0.7, COLOURS[3] if text in REPEATED else COLOURS[0])
        axes.text(1.4 * column + 0.6, 1.1, text, ha="center", va="center", fontsize=9)
    for column in range(len(LOOP) - 1):
        arrow(axes, (1.4 * column + 0.44, 0.6), (1.4 * column + 1.4, 0.6))
    bent_arrow(axes, (6.2, 0.72), (3.4, 0.72), -0.2)
    axes.text(4.8, 0.2, "again, until it is good enough", ha="center", fontsize=9, color=RED)
    return figure


def draw_stages(axes: Axes, places: dict[str, tuple[int, int]], marked: tuple[str, ...]) -> None:
    """Draw a box for each stage; some are marked by another colour."""
    for stage, (column, row) in places.items():
        box(axes, column, row + 0.28, 0.76, 0.44, COLOURS[3] if stage in marked else COLOURS[0])
        label = stage.replace("_", "\n")
        axes.text(column + 0.38, row + 0.5, label, ha="center", va="center", fontsize=10)


def arrow(axes: Axes, start: tuple[int, int], end: tuple[int, int], is_steep: bool = False) -> None:
    """Draw an arrow from the box at one place to that at another; a steep one leaves it at the top."""
    (left, low), (right, high) = start, end
    is_long = is_steep and high > low
    tail = (left + 0.38, low + 0.74) if is_long else (left + 0.78, low + 0.5)
    style = "arc3,rad=-0.12" if is_long else "arc3"
    head = (right - 0.02, high + (0.36 if high > low and not is_long else 0.5))
    axes.add_patch(
        FancyArrowPatch(
            tail,
            head,
            connectionstyle=style,
            arrowstyle="-|>",
            mutation_scale=12,
            color="#555555",
            shrinkA=0,
            shrinkB=0,
        )
    )


def bent_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], bend: float) -> None:
    """Draw an arrow of a loop, from one point to another."""
    style = {"arrowstyle": "-|>", "mutation_scale": 12, "color": RED}
    axes.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", **style))


def box(axes: Axes, left: float, bottom: float, width: float, height: float, colour: str) -> None:
    """Draw a room or a stage."""
    style = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch((left, bottom), width, height, boxstyle=style, facecolor=colour, edgecolor="#777777")
    )


def blank(figure: Figure, across: tuple[float, float], up: tuple[float, float]) -> Axes:
    """Return axes without frame that fill the figure."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=across, ylim=up)
    axes.set_axis_off()
    return axes


if __name__ == "__main__":
    main()
