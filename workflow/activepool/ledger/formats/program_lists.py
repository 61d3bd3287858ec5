"""Lists of labels that the program wrote from the ledger, among the files that came back."""

from collections.abc import Collection, Sequence
from pathlib import Path

from activepool.errors import InputError, first_few
from activepool.ledger.entries import Correction, Draft

#: An answer in the ledger: its sample, annotator, event and label.
PastAnswer = tuple[str, str, str, str]


def changed_correction(
    first: Draft,
    second: Draft,
    past_opinions: Collection[tuple[str, str, str]],
    standing: Collection[tuple[str, str]],
) -> Draft | None:
    """Return the one of two different corrections of a sample that counts; None if nobody can tell.

    A list has a row for each copy of an image, and people may change the label in only one row. The other row
    then repeats one of the ``past_opinions`` of the ledger. If both rows do, the file was taken in before, or
    somebody goes back to an earlier label: then the correction with a time counts, or else the one that is
    ``standing``.
    """

    def rank(draft: Draft) -> tuple[bool, bool, bool]:
        is_new = (draft.sample, *draft.opinion) not in past_opinions
        return is_new, bool(draft.when), (draft.sample, draft.label) in standing

    are_listed = all(isinstance(draft, Correction) and draft.is_listed for draft in (first, second))
    if not are_listed or (rank(first)[0] and rank(second)[0]):
        return None
    return max(first, second, key=rank)


def refuse_program_list(
    path: str | Path, drafts: Sequence[Draft], past_answers: Collection[PastAnswer]
) -> None:
    """Raise InputError if most new answers in a file without annotators repeat those of others.

    This is the case for labels.csv of a batch, even if somebody has changed labels in it; all other rows
    would count as second opinions. A file that was taken in before repeats its own labels.
    """
    labels = {(sample, event, label) for sample, _, event, label in past_answers}
    fresh = [draft for draft in drafts if (draft.sample, draft.who, *draft.opinion) not in past_answers]
    changed = [repr(draft.source) for draft in fresh if (draft.sample, *draft.opinion) not in labels]
    if 2 * len(changed) < len(fresh):
        exception = f", except for {first_few(changed)}" if changed else ""
        raise InputError(
            f"{path}: lists the labels that the ledger has, as labels.csv of a batch does{exception}; to "
            "change labels, call the column 'label' 'correction'; if somebody gave these answers, add the "
            "column who; or remove the file"
        )
