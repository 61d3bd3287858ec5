"""The program's lists of labels, which the ledger has, among the files that came back."""

from collections.abc import Collection, Sequence
from pathlib import Path

from activepool.errors import InputError
from activepool.ledger.entries import Draft

#: An answer that somebody gave: the sample, who, the event and the label.
Given = tuple[str, str, str, str]


def require_own(path: str | Path, drafts: Sequence[Draft], given: Collection[Given]) -> None:
    """Raise InputError if a file that names no annotator only repeats labels that others gave.

    labels.csv of a batch does; its labels would count as second opinions. A file that was taken in before
    repeats its own labels.
    """
    labels = {(sample, event, label) for sample, _, event, label in given}
    is_own = all((one.sample, one.who, one.event, one.label) in given for one in drafts)
    if not is_own and all((one.sample, one.event, one.label) in labels for one in drafts):
        raise InputError(
            f"{path}: lists the labels that the ledger has, as labels.csv of a batch does; remove it, or, if "
            "somebody gave these answers, add the column who"
        )
