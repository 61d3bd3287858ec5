"""What annotators write for a sample that cannot be labelled."""

from activepool.data.class_names import letters_of, loose_form, reads_as_missing, reads_as_no_label

#: Values of the column ``label`` for a sample that cannot be labelled, unless a class has that name.
MARKS = ("?", "-1", "skip")

#: Letters of what people write in their place, such as the answers of labelling projects.
SIMILAR_LETTERS = ("canttell", "cannottell", "notours", "notoneofours", "skipped", "unlabelable")


def mark_hint(label: str) -> str:
    """Return what to write if a label that is not a class was meant as a mark; empty for any other."""
    form = str(loose_form(label))
    is_near = form in MARKS or letters_of(form) in SIMILAR_LETTERS
    if not (is_near or reads_as_missing(form) or reads_as_no_label(form)):
        return ""
    return f"; for a sample that cannot be labelled, write {MARKS[0]!r}"
