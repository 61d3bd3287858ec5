"""The standing of a project: what follows from its ledger and its pool, and what to do next."""

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

#: The beginning of the names of batches.
BATCH = "batch"


@dataclass(frozen=True, eq=False)
class ProjectStanding:
    """The standing of a project.

    Batches are called batch01, batch02, ...; audit sets audit01, ... Those that went out are facts; the
    next one follows from all entries.
    """

    project: Project
    pool: Pool
    entries: Sequence[Entry]
    _trainings: dict[int, tuple[TrainingLabels, tuple[str, ...]]] = field(default_factory=dict, init=False)

    @cached_property
    def state(self) -> State:
        """The state after all entries."""
        return state_of(self.entries, self.project.classes)

    @cached_property
    def sent_batches(self) -> list[BatchState]:
        """The batches that went out, without audit sets, earliest first."""
        return [batch for batch in self.state.batches.values() if not batch.is_audit]

    @cached_property
    def audits(self) -> list[BatchState]:
        """The audit sets that went out, earliest first."""
        return [batch for batch in self.state.batches.values() if batch.is_audit]

    @property
    def is_incomplete(self) -> bool:
        """Whether answers to the last batch are missing; earlier batches were completed by the next one."""
        return self.is_missing(self.sent_batches[-1]) if self.sent_batches else False

    @property
    def is_waiting(self) -> bool:
        """Whether answers to the last batch are missing, and the run may not go on without them."""
        return self.is_incomplete and not (self.project.go_on and self.has_come_back)

    @property
    def has_come_back(self) -> bool:
        """Whether any answer has come since the last batch went out, other than for the audit set."""
        later_entries = (
            self.entries[self.num_entries(self.sent_batches[-1].name) :] if self.sent_batches else ()
        )
        return any(
            entry.is_answer and not self.state.samples[entry.sample].is_audit for entry in later_entries
        )

    @property
    def has_new_labels(self) -> bool:
        """Whether the labels to train on have changed since the last batch went out."""
        if not self.sent_batches:
            return True
        earlier, current = self.training_set(self.sent_batches[-1].name), self.training_set(self.next_batch)
        return earlier.rows.tolist() != current.rows.tolist() or earlier.labels != current.labels

    @property
    def next_batch(self) -> str:
        """The name of the batch that has not gone out."""
        return _next_name(BATCH, [batch.name for batch in self.sent_batches])

    @property
    def num_in_audits(self) -> int:
        """The number of samples in audit sets."""
        return sum(len(batch.samples) for batch in self.audits)

    @property
    def audit_shortfall(self) -> int:
        """The number of samples that the audit set lacks to reach its size in the configuration."""
        return max(0, self.project.audit_size - self.num_in_audits)

    @cached_property
    def next_audit_size(self) -> int:
        """The number of samples of the next audit set: the shortfall, if the pool still has so many."""
        return min(self.audit_shortfall, self.num_candidates)

    @property
    def next_audit(self) -> str | None:
        """The name of the audit set that goes out next; None if none does."""
        return _next_name(AUDIT, [batch.name for batch in self.audits]) if self.next_audit_size else None

    @cached_property
    def num_candidates(self) -> int:
        """The number of samples that may go out."""
        again = [Status(name) for name in self.project.ask_again]
        return len(candidate_rows(self.state, self.pool, again))

    @property
    def is_exhausted(self) -> bool:
        """Whether no sample is left for another batch."""
        return self.num_candidates - self.next_audit_size < 1

    def is_missing(self, batch: BatchState) -> bool:
        """Return whether answers to a batch are missing; removed photographs need none."""
        return any(map(self.pool.is_here, batch.awaited))

    @property
    def incomplete_batches(self) -> list[BatchState]:
        """The batches and audit sets that went out and lack answers."""
        return [batch for batch in (*self.sent_batches, *self.audits) if self.is_missing(batch)]

    def num_entries(self, batch: str) -> int:
        """Return the number of entries before a batch went out; all if it did not."""
        state = self.state.batches.get(batch)
        return state.first - 1 if state else len(self.entries)

    def training_set(self, batch: str) -> TrainingLabels:
        """Return the labels before a batch went out; all if it did not."""
        return self._training_set(self.num_entries(batch))[0]

    def has_model(self, batch: str) -> bool:
        """Return whether a model can be trained on these labels, which takes two classes."""
        return len(set(self.training_set(batch).labels)) > 1

    def labels_digest(self, batch: str) -> str:
        """Return the digest of these labels by their samples and rows, and of the classes."""
        training, classes = self._training_set(self.num_entries(batch))
        return digest_of([training.rows.tolist(), training.samples, training.labels, list(classes)])

    @property
    def batches_with_models(self) -> list[str]:
        """The batches that went out and were picked by a model."""
        return [batch.name for batch in self.sent_batches if self.has_model(batch.name)]

    def _training_set(self, entries: int) -> tuple[TrainingLabels, tuple[str, ...]]:
        if entries not in self._trainings:
            state = state_of(self.entries[:entries], self.project.classes)
            self._trainings[entries] = training_set(state, self.pool), state.classes
        return self._trainings[entries]


def number_of(batch: str) -> int:
    """Return the number of a batch; 1 if its name has none."""
    digits = re.search(r"\d+$", batch)
    return max(1, int(digits[0])) if digits else 1


def _next_name(beginning: str, names: Sequence[str]) -> str:
    numbers = [number_of(name) for name in names]
    return f"{beginning}{max([0, *numbers]) + 1:02d}"
