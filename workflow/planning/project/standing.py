"""Where a project stands: what its ledger and its pool say, and so what there is to do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from activepool.labelling.batches.sending import AUDIT
from activepool.labelling.models.training_labels import TrainingLabels
from activepool.labelling.models.training_set import candidate_rows, training_set
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry
from activepool.ledger.state import BatchState, State, Status, state_of
from planning.configuration.project import Project
from planning.stages.digests import digest_of

#: What the names of batches begin with.
BATCH = "batch"


@dataclass(frozen=True, eq=False)
class ProjectStanding:
    """Where a project stands.

    Batches are called batch01, batch02, ...; audit sets audit01, ... Those that went out are facts; the next
    one follows from all entries.
    """

    project: Project
    pool: Pool
    entries: Sequence[Entry]
    _trainings: dict[int, tuple[TrainingLabels, tuple[str, ...]]] = field(default_factory=dict, init=False)

    @cached_property
    def state(self) -> State:
        """What follows from all entries."""
        return state_of(self.entries, self.project.classes)

    @cached_property
    def sent(self) -> list[BatchState]:
        """The batches that went out, without audit sets, earliest first."""
        return [batch for batch in self.state.batches.values() if not batch.is_audit]

    @cached_property
    def audits(self) -> list[BatchState]:
        """The audit sets that went out, earliest first."""
        return [batch for batch in self.state.batches.values() if batch.is_audit]

    @property
    def is_incomplete(self) -> bool:
        """Whether answers to the last batch are missing; those before it were followed by another."""
        return self.is_missing(self.sent[-1]) if self.sent else False

    @property
    def is_waiting(self) -> bool:
        """Whether answers to the last batch are missing, and nobody said to go on with what came back."""
        return self.is_incomplete and not (self.project.go_on and self.has_come_back)

    @property
    def has_come_back(self) -> bool:
        """Whether any answer has come since the last batch went out, other than for the audit set."""
        since = self.entries[self.num_entries(self.sent[-1].name) :] if self.sent else ()
        return any(entry.is_answer and not self.state.samples[entry.sample].is_audit for entry in since)

    @property
    def has_news(self) -> bool:
        """Whether there are other labels to train on than before the last batch went out."""
        if not self.sent:
            return True
        before, now = self.training_set(self.sent[-1].name), self.training_set(self.next_batch)
        return before.rows.tolist() != now.rows.tolist() or before.labels != now.labels

    @property
    def next_batch(self) -> str:
        """The name of the batch that has not gone out."""
        return _next_name(BATCH, [batch.name for batch in self.sent])

    @property
    def in_audits(self) -> int:
        """How many samples the audit set has."""
        return sum(len(batch.samples) for batch in self.audits)

    @property
    def wanted_audit(self) -> int:
        """How many more samples the configuration wants in the audit set."""
        return max(0, self.project.audit_size - self.in_audits)

    @cached_property
    def missing_audit(self) -> int:
        """How many of these the pool still has."""
        return min(self.wanted_audit, self.num_candidates)

    @property
    def next_audit(self) -> str | None:
        """The name of the audit set that is to go out; None if there is enough of it."""
        return _next_name(AUDIT, [batch.name for batch in self.audits]) if self.missing_audit else None

    @cached_property
    def num_candidates(self) -> int:
        """How many samples may go out."""
        again = [Status(name) for name in self.project.ask_again]
        return len(candidate_rows(self.state, self.pool, again))

    @property
    def is_exhausted(self) -> bool:
        """Whether no sample is left for another batch."""
        return self.num_candidates - self.missing_audit < 1

    def is_missing(self, batch: BatchState) -> bool:
        """Return whether answers to a batch are missing; a photograph that was removed is not waited for."""
        return any(map(self.pool.is_here, batch.awaited))

    @property
    def missing(self) -> list[BatchState]:
        """The batches and audit sets that went out and whose answers are missing."""
        return [batch for batch in (*self.sent, *self.audits) if self.is_missing(batch)]

    def num_entries(self, batch: str) -> int:
        """Return how many entries the ledger had before a batch went out; all if it did not."""
        known = self.state.batches.get(batch)
        return known.first - 1 if known else len(self.entries)

    def training_set(self, batch: str) -> TrainingLabels:
        """Return the labels that there were before a batch went out; all if it did not."""
        return self._training_set(self.num_entries(batch))[0]

    def has_model(self, batch: str) -> bool:
        """Return whether a model can be trained on these labels: they are of two classes or more."""
        return len(set(self.training_set(batch).labels)) > 1

    def labels_digest(self, batch: str) -> str:
        """Return the digest of these labels by their samples and rows, and of the classes."""
        found, classes = self._training_set(self.num_entries(batch))
        return digest_of([found.rows.tolist(), found.samples, found.labels, list(classes)])

    @property
    def modelled(self) -> list[str]:
        """The batches that went out and that a model picked."""
        return [batch.name for batch in self.sent if self.has_model(batch.name)]

    def _training_set(self, entries: int) -> tuple[TrainingLabels, tuple[str, ...]]:
        """Return the training set and the classes after so many entries."""
        if entries not in self._trainings:
            state = state_of(self.entries[:entries], self.project.classes)
            self._trainings[entries] = training_set(state, self.pool), state.classes
        return self._trainings[entries]


def number_of(batch: str) -> int:
    """Return the number of a batch; 1 if its name has none."""
    digits = re.search(r"\d+$", batch)
    return max(1, int(digits[0])) if digits else 1


def _next_name(beginning: str, names: Sequence[str]) -> str:
    taken = [number_of(name) for name in names]
    return f"{beginning}{max([0, *taken]) + 1:02d}"
