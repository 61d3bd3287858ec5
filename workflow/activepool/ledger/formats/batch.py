"""A batch that goes out to people: its samples, their predictions, and why they were picked."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from activepool.ledger.entries import Draft, Event

#: The sender of batches.
PROGRAM = "activepool"


@dataclass(frozen=True)
class Pick:
    """A sample that goes out, as in the ledger, with the class that a model predicts; empty without a model.

    ``index`` is its present row in the pool; None if rows mean nothing to people. The probability is that of
    the class, and the margin that between the two most probable ones.
    """

    sample: str
    source: str
    index: int | None = None
    predicted: str = ""
    probability: float | None = None
    margin: float | None = None
    why: str = ""

    def cells(self) -> dict[str, object]:
        """Return its row in the list of a batch, by column; unknown cells are empty."""
        return {
            "index": "" if self.index is None else self.index,
            "sample": self.sample,
            "source": self.source,
            "predicted": self.predicted,
            "why": self.why,
            "probability": _digits(self.probability),
            "margin": _digits(self.margin),
        }


@dataclass(frozen=True)
class Batch:
    """A batch: its name in the ledger, its samples, and the classes that people choose from."""

    name: str
    picks: tuple[Pick, ...]
    classes: tuple[str, ...] = ()

    def without(self, samples: Collection[str]) -> "Batch":
        """Return the batch without some samples."""
        return replace(self, picks=tuple(pick for pick in self.picks if pick.sample not in samples))

    def sendings(self, is_audit: bool = False) -> list[Draft]:
        """Return the entries by which the batch goes out; two images of the same content are one sample."""
        first: dict[str, Pick] = {}
        for pick in self.picks:
            first.setdefault(pick.sample, pick)
        return [
            Draft(
                event=Event.AUDIT if is_audit else Event.SENT,
                sample=pick.sample,
                source=pick.source,
                who=PROGRAM,
                batch=self.name,
                note=pick.why,
            )
            for pick in first.values()
        ]


def _digits(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}"
