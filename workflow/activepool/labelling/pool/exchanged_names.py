"""Names that another image or vector has now: a label that names one so may be meant for either."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class ExchangedName(NamedTuple):
    """A name that another image has now, the sample that it stood for, and the name of that one now."""

    name: str
    sample: str
    now: str

    def text(self, thing: str) -> str:
        """Return what a person reads of it, where samples are images or other things."""
        return f"{self.name!r} (the {thing} of this name is now {self.now!r})"


def exchanged_names(before: Iterable[tuple[str, str]], now: Mapping[str, str]) -> tuple[ExchangedName, ...]:
    """Return the names that stand for another sample than before, if the one that they stood for is there.

    Args:
        before: names, and the sample of each.
        now: the names that are there, and the sample of each.
    """
    others = sorted(set(before).difference(now.items()))
    found = [(name, sample) for name, sample in others if name in now]
    wanted = {sample for _, sample in found}
    places: dict[str, str] = {}
    for name, sample in now.items():
        if sample in wanted:
            places.setdefault(sample, name)
    return tuple(ExchangedName(name, sample, places[sample]) for name, sample in found if sample in places)
