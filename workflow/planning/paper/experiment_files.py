"""The comment at the head of a file in ``workflow/experiments``: hours, and differences from the paper.

The head has paragraphs that begin with a marker and end at the next one, or with the comment.
"""

import re
from pathlib import Path

EXPERIMENTS = Path(__file__).parents[2] / "experiments"

#: The markers of paragraphs.
HOURS, DIFFERENCES, SOURCE = "Hours:", "Differs from the paper:", "Source:"

#: A difference that stands for those of another file, perhaps except for those with a word.
_ALL_OF = re.compile(r"All that (\w+)\.yaml lists(?:, except for (`\w+`))?\.")


def experiment_file(name: str) -> Path:
    """Return the file of an experiment."""
    return EXPERIMENTS / f"{name}.yaml"


def hours(name: str) -> str:
    """Return what an experiment's file says about its hours; "" if it says nothing."""
    return " ".join(_paragraph(name, HOURS))


def differences(name: str) -> list[str]:
    """Return the differences from the paper that an experiment's file lists, a sentence or two each."""
    items: list[str] = []
    for line in _paragraph(name, DIFFERENCES):
        if line.startswith("- "):
            items.append(line.removeprefix("- "))
        else:
            items[-1] += f" {line}"
    return [difference for item in items for difference in _expanded(item)]


def _expanded(item: str) -> list[str]:
    reference = _ALL_OF.fullmatch(item)
    if reference is None:
        return [item]
    excluded = reference[2]
    return [item for item in differences(reference[1]) if excluded is None or excluded not in item]


def _paragraph(name: str, marker: str) -> list[str]:
    """Return the lines of a paragraph, without its marker; [] if the head has none."""
    lines: list[str] = []
    inside = False
    for line in experiment_file(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line.removeprefix("#").strip()
        begun = next((start for start in (HOURS, DIFFERENCES, SOURCE) if text.startswith(start)), None)
        inside = begun == marker if begun else inside
        if inside:
            lines.append(text.removeprefix(marker).strip())
    return list(filter(None, lines))
