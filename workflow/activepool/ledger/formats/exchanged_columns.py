"""Rows whose label belongs to another column: people and spreadsheets exchange and repeat columns."""

from collections.abc import Collection

from activepool.ledger.classes import normal_form
from activepool.ledger.formats.rows import Row
from activepool.ledger.formats.slips import CLASS_ADVICE, NUMBER
from activepool.ledger.formats.typed_classes import TypedClasses
from activepool.ledger.pool_samples import PoolSamples, plain_sample


def exchange_problem(
    row: Row, samples: PoolSamples, classes: TypedClasses, annotators: Collection[str]
) -> str | None:
    """Return which columns of a row are exchanged, or which column its label repeats; None if none is.

    ``annotators`` have answers in the ledger; one of them may have the name of a class.
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
            f"label {row.label!r} is not a class, and {row.who_key} {row.who!r} is one; exchange what is in "
            f"these columns, or list {row.label!r} among the classes of the configuration"
        )
    label = normal_form(row.label)
    if label.casefold() == normal_form(row.who).casefold():
        return f"label {label!r} is the annotator of its row; {CLASS_ADVICE}"
    # An image without a number may well have the name of its class, such as ant.jpg.
    is_numbered = any(map(str.isdigit, label)) and not NUMBER.fullmatch(label)
    if is_numbered and _is_image(label, samples, may_lack_ending=True):
        return f"label {label!r} is the name of an image of the pool; {CLASS_ADVICE}"
    return None


def _is_image(text: str, samples: PoolSamples, may_lack_ending: bool = False) -> bool:
    return bool(samples.name_candidates(text, may_lack_ending)) or samples.knows(plain_sample(text))
