"""Times of answers."""

from datetime import UTC, datetime, timedelta

import pytest

from activepool.ledger.entries import is_time
from activepool.ledger.formats.times import MAX_AHEAD, utc
from activepool.ledger.messages import WrongCellError


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-11-28T09:30:00Z", "2026-11-28T09:30:00Z"),
        (" 2026-11-28 10:30:00.987654+01:00 ", "2026-11-28T09:30:00Z"),
        ("20261128T093000Z", "2026-11-28T09:30:00Z"),
        ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00Z"),
    ],
)
def test_a_time_in_utc(written, time):
    assert utc(written) == time
    assert is_time(time)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "gestern",
            "'gestern' is not a time with its offset from UTC, such as 2026-11-28T09:30:00Z; write it so",
        ),
        ("5", "'5' is not a time"),
        ("2026-11-28", "'2026-11-28' is not a time"),
        ("2026-11-28T09:30:00", "'2026-11-28T09:30:00' is not a time"),
        ("0001-01-01T00:00:00+23:00", "'0001-01-01T00:00:00+23:00' is not a time"),
        ("0026-11-28T09:30:00+01:00", "'0026-11-28T09:30:00+01:00' lies before 1990"),
        (
            "1970-01-01T00:00:00Z",
            "'1970-01-01T00:00:00Z' lies before 1990, as the zero of a clock does; correct",
        ),
        ("1989-12-31T23:59:59Z", "lies before 1990"),
        ("2999-01-01T00:00:00Z", "'2999-01-01T00:00:00Z' lies in the future; correct it, or leave it out"),
        ("x" * 300, f"'{'x' * 40}'... is not a time"),
    ],
)
def test_texts_that_are_not_times(written, words):
    with pytest.raises(WrongCellError) as caught:
        utc(written)
    assert words in str(caught.value)


def test_the_clock_of_an_annotator_may_be_ahead_a_little():
    soon = datetime.now(UTC) + MAX_AHEAD - timedelta(hours=1)
    assert utc(soon.isoformat()) == soon.strftime("%Y-%m-%dT%H:%M:%SZ")
