"""Rows whose label is that of another column, which people and spreadsheets exchange with it, or repeat."""

from collections.abc import Collection
from pathlib import PurePosixPath

from activepool.ledger.classes import unseen_form
from activepool.ledger.formats.rows import Row
from activepool.ledger.formats.slips import NUMBER, WAY_OUT
from activepool.ledger.formats.typed_classes import TypedClasses
from activepool.ledger.pool_samples import PoolSamples, plain_sample
from activepool.ledger.source_names import plain_path


def exchange_problem(
    row: Row, samples: PoolSamples, classes: TypedClasses, annotators: Collection[str]
) -> str | None:
    """Return which columns of a row are exchanged, or which one its label repeats; None if there are none.

    Args:
        row: of the file.
        samples: of the pool.
        classes: that labels may name.
        annotators: whose answers the ledger has; one of them may have the name of a class.
    """
    if not row.label.strip() or classes.is_known(row.label):
        return None
    image = row.name or row.sample
    if image and _is_image(row.label, samples) and not _is_image(image, samples, row.may_lack_ending):
        return (
            f"label {row.label!r} is an image of the pool, and {image!r} is none; exchange what is in the "
            "columns of the image and of the label"
        )
    if row.who and row.who not in annotators and classes.is_known(row.who):
        return (
            f"label {row.label!r} is no class, and {row.who_key} {row.who!r} is one; exchange what is in "
            f"these columns, or list {row.label!r} among the classes of the configuration"
        )
    if repeated := _repeated(row):
        return f"label {row.label!r} is {repeated} of its row; {WAY_OUT}"
    return None


def _repeated(row: Row) -> str | None:
    """Return what else of its row a label is."""
    label = unseen_form(row.label).casefold()
    if label == unseen_form(row.who).casefold():
        return "the annotator"
    # An image without a number may well have the name of its class, such as ant.jpg.
    is_numbered = any(map(str.isdigit, label)) and not NUMBER.fullmatch(label)
    if is_numbered and label == PurePosixPath(plain_path(row.name)).stem.casefold():
        return "the name of the image"
    return None


def _is_image(text: str, samples: PoolSamples, may_lack_ending: bool = False) -> bool:
    return bool(samples.may_be_named(text, may_lack_ending)) or samples.knows(plain_sample(text))
