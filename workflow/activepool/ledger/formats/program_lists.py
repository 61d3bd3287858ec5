"""Lists of labels that the program wrote, and the ledger has, among the files that came back."""

from collections.abc import Collection, Sequence
from pathlib import Path

from activepool.errors import InputError, first_few
from activepool.ledger.entries import Correction, Draft

#: An answer that somebody gave: the sample, who, the event and the label.
Given = tuple[str, str, str, str]


def changed_one(
    first: Draft, second: Draft, said: Collection[tuple[str, str, str]], standing: Collection[tuple[str, str]]
) -> Draft | None:
    """Return which of two different corrections of a sample counts; None if nobody can tell.

    A list has a row for each copy of an image, and people may change the label in one of them. The other row
    then repeats a label that the ledger has. If it has both, the file was taken in before, or somebody goes
    back to an earlier label, which takes a time; else the label that stands does.

    Args:
        said: the sample, event and label of each answer that the ledger has, or had.
        standing: the labelled samples, each with its class.
    """

    def rank(draft: Draft) -> tuple[bool, bool, bool]:
        is_new = (draft.sample, draft.event, draft.label) not in said
        return is_new, bool(draft.when), (draft.sample, draft.label) in standing

    are_listed = all(isinstance(draft, Correction) and draft.is_listed for draft in (first, second))
    if not are_listed or (rank(first)[0] and rank(second)[0]):
        return None
    return max(first, second, key=rank)


def require_own(path: str | Path, drafts: Sequence[Draft], given: Collection[Given]) -> None:
    """Raise InputError if most of the new answers in a file without annotators are what others said.

    So it is with labels.csv of a batch, even if somebody has changed labels in it; all others would count as
    second opinions. A file that was taken in before repeats its own labels.
    """
    labels = {(sample, event, label) for sample, _, event, label in given}
    new = [one for one in drafts if (one.sample, one.who, one.event, one.label) not in given]
    changed = [repr(one.source) for one in new if (one.sample, one.event, one.label) not in labels]
    if 2 * len(changed) < len(new):
        but = f", but for {first_few(changed)}" if changed else ""
        raise InputError(
            f"{path}: lists the labels that the ledger has, as labels.csv of a batch does{but}; to change "
            "labels, call the column 'label' 'correction'; if somebody gave these answers, add the column "
            "who; or remove the file"
        )
