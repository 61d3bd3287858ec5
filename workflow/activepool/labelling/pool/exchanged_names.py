"""Names that another image or vector has now: a label by such a name may be meant for either."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class ExchangedName(NamedTuple):
    """A name that another image has now, the sample that had it, and the name of that sample now."""

    name: str
    sample: str
    now: str

    def text(self, thing: str) -> str:
        """Return the text for a person; ``thing`` is what a sample is, such as ``image``."""
        return f"{self.name!r} (the {thing} of this name is now {self.now!r})"


def exchanged_names(before: Iterable[tuple[str, str]], now: Mapping[str, str]) -> tuple[ExchangedName, ...]:
    """Return the names that another sample has now, if the sample that had the name is still there.

    ``before`` has names, and the sample of each; ``now`` those that are there.
    """
    others = sorted(set(before).difference(now.items()))
    found = [(name, sample) for name, sample in others if name in now]
    wanted = {sample for _, sample in found}
    places: dict[str, str] = {}
    for name, sample in now.items():
        if sample in wanted:
            places.setdefault(sample, name)
    return tuple(ExchangedName(name, sample, places[sample]) for name, sample in found if sample in places)
