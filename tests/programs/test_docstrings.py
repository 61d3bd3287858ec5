"""Descriptions from docstrings; none is cut."""

from activepool.programs.docstrings import documented_arguments, documented_attributes, summary


class Single:
    """A kind with one attribute.

    It has more to say.

    Attributes:
        address: where it is; by default that of a place that takes
            more than one line, as
            this does.
    """


class Several(Single):
    """A kind with others.

    Attributes:
        first, second: two of them, on
            two lines.
        third: short.
    """


def several(first, second):
    """Do something.

    Args:
        first: on
            two lines: with a colon.
        second: short.

    Returns: nothing.
    """


def test_a_description_has_all_of_its_lines():
    whole = "where it is; by default that of a place that takes more than one line, as this does."
    assert documented_attributes(Single) == {"address": whole}
    two = "two of them, on two lines."
    assert documented_attributes(Several) == {
        "address": whole,
        "first": two,
        "second": two,
        "third": "short.",
    }
    assert documented_arguments(several) == {"first": "on two lines: with a colon.", "second": "short."}


def test_a_summary_has_no_section():
    assert summary(Single) == "A kind with one attribute.\n\nIt has more to say."
