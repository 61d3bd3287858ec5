"""Whatever happens to a project: no entry is lost, and no batch that went out changes."""

import csv
import io
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from project_runs import begin_run

from activepool.errors import InputError
from activepool.labelling.batches.sending import assemble_batch, is_audit
from activepool.labelling.models.training_set import candidate_rows
from activepool.ledger.book import append, kept_folder, read, repair
from activepool.ledger.entries import Draft, Entry, Event
from activepool.ledger.formats.batch import Pick
from activepool.ledger.formats.rows import mark_event
from planning.configuration.loading import load_project
from planning.project.standing import ProjectStanding
from planning.project.start import preview_run

LEDGER, COPY = Path("p.ledger.csv"), kept_folder("p.ledger.csv") / "copy.csv"
PHOTOS, RETURNED = Path("photos"), Path("returned")

ANSWERS = st.sampled_from(["cat", "cat", "dog", "dog", "Fox", "?", "skip", "not ours", ""])
PEOPLE = st.sampled_from(["anna", "bob"])
NUMBERS = st.integers(0, 10**6)
ROWS = st.lists(st.tuples(NUMBERS, ANSWERS), min_size=1, max_size=6)

#: What happens to a project, and numbers and texts for it. The loop itself goes on most often.
SEND = st.tuples(st.just("send"), st.integers(1, 3))
ANSWER = st.tuples(st.just("answer"), PEOPLE, ROWS)
HAPPENINGS = st.one_of(
    *(SEND, SEND, SEND, ANSWER, ANSWER, ANSWER, ANSWER, ANSWER, ANSWER),
    st.tuples(st.just("send_audit"), st.integers(1, 2)),
    st.tuples(st.just("correct"), PEOPLE, ROWS),
    st.tuples(st.just("put_an_old_file_back"), NUMBERS),
    st.tuples(st.just("take_a_file_away"), NUMBERS),
    st.tuples(st.just("forget_what_was_read")),
    st.tuples(st.just("withdraw"), NUMBERS),
    st.tuples(st.just("add_by_hand"), ROWS),
    st.tuples(st.just("replace_by_hand"), NUMBERS, st.sampled_from(["cat", "dog", "cow"])),
    st.tuples(st.just("change_by_hand"), st.sampled_from(["undo", "correct"])),
    st.tuples(st.just("remove_a_line"), NUMBERS),
    st.tuples(st.just("put_an_old_ledger_back"), NUMBERS),
    st.tuples(st.just("remove_the_ledger")),
    st.tuples(st.just("take_a_photograph"), NUMBERS),
    st.tuples(st.just("rename_a_photograph"), NUMBERS),
    st.tuples(st.just("remove_a_photograph"), NUMBERS),
    st.tuples(st.just("delete_the_cache_of_files")),
)


@pytest.fixture(autouse=True, scope="module")
def without_waiting():
    """Do not wait for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: None)
        yield


@cache
def picture(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (1, 1), (number % 256, number // 256 % 256, 0)).save(stream, "PNG")
    return stream.getvalue()


class Trial:
    """A project in the working directory, to which things happen."""

    def __init__(self):
        PHOTOS.mkdir()
        RETURNED.mkdir()
        for number in range(6):
            (PHOTOS / f"{number}.png").write_bytes(picture(number))
        self.files, self.ledgers, self.number = [], [], 0
        self.said: list[tuple[str, ...]] = []  # since the last run
        self.standing = self.run()

    def run(self, **changes) -> ProjectStanding:
        """Do what a run does before its jobs, and extract the features."""
        raw = {"project": "p", "images": "photos", "batch": 3, "classes": ["cat"]}
        raw |= {"backbone": {"architecture": "identity"}, **changes}
        project = load_project(raw, "mine.yaml")
        if Path("results").exists():
            files = contents()
            expected = preview_run(project).entries
            assert contents() == files
            standing = begin_run(project)
            assert [without_time(entry) for entry in standing.entries] == list(map(without_time, expected))
        else:
            standing = begin_run(project)
        for part in set(standing.pool.parts):
            features = Path(project.part_features(part))
            features.parent.mkdir(parents=True, exist_ok=True)
            features.touch()
        self.standing = standing
        self.ledgers.append(LEDGER.read_bytes() if LEDGER.exists() else b"")
        return standing

    def happen(self, what, *more):
        getattr(self, what)(*more)

    # What the program does.

    def send(self, size):
        self._send(self.standing.next_batch, size)

    def send_audit(self, size):
        standing = self.run(
            audit=len([name for batch in self.standing.audits for name in batch.samples]) + size
        )
        if standing.next_audit:
            self._send(standing.next_audit, standing.next_audit_size)

    def _send(self, name, size):
        pool = self.standing.pool
        rows = candidate_rows(self.standing.state, pool).tolist()[:size]
        picked = [Pick(pool.samples[row], pool.row_sources[row], row, why="why") for row in rows]
        batch = assemble_batch(name, picked, [], None, with_rows=False)
        append(LEDGER, batch.sendings(is_audit(name)))

    # What people return.

    def _rows(self, rows, column) -> list[Mapping[str, str]]:
        """Return rows of a table: of what is awaited more often than of other samples."""
        pool = self.standing.pool
        batches = self.standing.state.batches.values()
        awaited = [pool.row_of[sample] for batch in batches for sample in batch.awaited]
        places = [*awaited, *awaited, *awaited, *range(len(pool.samples))]
        chosen = {places[number % len(places)]: answer for number, answer in rows}
        return [{"source": pool.row_sources[row], column: answer} for row, answer in chosen.items()]

    def answer(self, who, rows, column="label"):
        self.number += 1
        table = self._rows(rows, column)
        text = "".join(f"{row['source']},{row[column]},{who}\n" for row in table)
        for row in table:
            self._note(row["source"], row[column], who)
        path = RETURNED / f"{self.number % 4} {column}.csv"
        path.write_text(f"source,{column},who\n{text}", encoding="utf-8")
        self.files.append((path, path.read_bytes()))

    def _note(self, source, answer, who):
        """Note what the next run has to enter."""
        sample = self.standing.pool.sources.get(source)
        if sample and answer:
            event = mark_event(answer) or "label"
            self.said.append((sample, who, event, answer if event == "label" else ""))

    def correct(self, who, rows):
        self.answer(who, rows, "correction")

    def put_an_old_file_back(self, number):
        if self.files:
            path, content = self.files[number % len(self.files)]
            path.write_bytes(content)

    def take_a_file_away(self, number):
        if paths := sorted(RETURNED.iterdir()):
            paths[number % len(paths)].unlink()

    def forget_what_was_read(self):
        Path("results/p/pool/intake.json").unlink(missing_ok=True)

    # What people do to the ledger.

    def withdraw(self, number):
        if entries := [entry for entry in read(LEDGER).entries if not entry.is_sending]:
            replaced = entries[number % len(entries)]
            about = {"sample": replaced.sample, "source": replaced.source, "replaces": replaced.number}
            append(LEDGER, [Draft(event="withdraw", who="carl", **about)])

    def add_by_hand(self, rows):
        pool = self.standing.pool
        for row in self._rows(rows, "label"):
            answer = row["label"]
            event = mark_event(answer) or ("label" if answer else "skip")
            sample = dict(zip(pool.row_sources, pool.samples, strict=True))[row["source"]]
            label = answer if event == "label" else ""
            self._add_line(who="dora", event=event, source=row["source"], sample=sample, label=label)

    def replace_by_hand(self, number, label):
        if entries := [entry for entry in read(LEDGER).entries if entry.is_answer]:
            replaced = entries[number % len(entries)]
            about = {"sample": replaced.sample, "source": replaced.source, "who": replaced.who}
            self._add_line(event="label", label=label, replaces=str(replaced.number), **about)

    def _add_line(self, **cells):
        header = LEDGER.read_text(encoding="utf-8").partition("\n")[0] if LEDGER.exists() else ""
        if header:
            self.said.append(tuple(cells[name] for name in ("sample", "who", "event", "label")))
            with LEDGER.open("a", encoding="utf-8", newline="") as stream:
                csv.DictWriter(stream, header.split(","), restval="", lineterminator="\n").writerow(cells)

    def change_by_hand(self, way):
        append(LEDGER, [])
        content = LEDGER.read_bytes()
        if b",cat," in content:
            LEDGER.write_bytes(content.replace(b",cat,", b",cow,", 1))
            before = contents()
            with pytest.raises(InputError, match="label was 'cat' and is now 'cow'"):
                self.run()
            assert contents() == before
            repair(LEDGER, way)

    def remove_a_line(self, number):
        if LEDGER.exists() and COPY.exists():
            head, *lines = LEDGER.read_bytes().splitlines(keepends=True) or [b""]
            at = number % (len(lines) + 1)
            LEDGER.write_bytes(b"".join([head, *lines[:at], *lines[at + 1 :]]))

    def put_an_old_ledger_back(self, number):
        append(LEDGER, [])
        LEDGER.write_bytes(self.ledgers[number % len(self.ledgers)])

    def remove_the_ledger(self):
        append(LEDGER, [])
        LEDGER.unlink()

    # What happens to the photographs.

    def take_a_photograph(self, number):
        (PHOTOS / f"{number % 9}.png").write_bytes(picture(number))

    def rename_a_photograph(self, number):
        paths = sorted(PHOTOS.iterdir())
        paths[number % len(paths)].rename(PHOTOS / f"renamed {number % 5}.png")

    def remove_a_photograph(self, number):
        paths = sorted(PHOTOS.iterdir())
        if len(paths) > 1:
            paths[number % len(paths)].unlink()

    def delete_the_cache_of_files(self):
        Path("results/p/pool/files.csv").write_text("source,sample,bytes,mtime_ns,problem\n")


def contents():
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.name != "lock"}


def without_time(entry: Entry):
    return {name: value for name, value in vars(entry).items() if name != "when"}


def standing_answers(entries):
    """Return the answers that stand, by the definition of `activepool.ledger.state`, written out plainly."""
    later = {
        entry.number: [correction for correction in entries if correction.replaces == entry.number]
        for entry in entries
    }

    @cache
    def is_replaced(number):
        return any(
            correction.event != Event.WITHDRAW and acts(correction.number) for correction in later[number]
        )

    @cache
    def is_withdrawn(number):
        return any(
            correction.event == Event.WITHDRAW and acts(correction.number) for correction in later[number]
        )

    @cache
    def acts(number):
        """Return whether what the entry replaces or withdraws does not stand."""
        return is_replaced(number) or not is_withdrawn(number)

    return [
        entry
        for entry in entries
        if entry.is_answer and not is_replaced(entry.number) and not is_withdrawn(entry.number)
    ]


def check(before: ProjectStanding, after: ProjectStanding):
    """Check what holds between two runs, whatever happened."""
    assert list(after.entries[: len(before.entries)]) == list(before.entries)
    assert after.pool.samples[: len(before.pool.samples)] == before.pool.samples
    for name, batch in before.state.batches.items():
        assert after.state.batches[name].samples == batch.samples
        assert after.labels_digest(name) == before.labels_digest(name)
    assert preview_run(after.project).entries == tuple(after.entries)  # all that came back is there
    answers = standing_answers(after.entries)
    for sample, label in after.state.training_labels.items():
        assert any((answer.sample, answer.label) == (sample, label) for answer in answers)
    audit = {sample for batch in after.audits for sample in batch.samples}
    sent = {sample for batch in after.sent_batches for sample in batch.samples}
    assert not audit & (sent | set(after.state.training_labels))
    row_of = after.pool.row_of
    expected = {row_of[sample]: label for sample, label in after.state.training_labels.items()}
    labels = after.training_set(after.next_batch)
    assert dict(zip(labels.rows.tolist(), labels.labels, strict=True)) == expected
    candidates = {after.pool.samples[row] for row in candidate_rows(after.state, after.pool).tolist()}
    assert not candidates & (audit | sent | set(after.state.training_labels))
    assert candidates <= set(after.pool.sources.values())
    back = {answer.sample for answer in answers}
    here = set(after.pool.sources.values())
    assert after.is_waiting == bool(after.sent_batches and set(after.sent_batches[-1].samples) & here - back)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.lists(HAPPENINGS, min_size=12, max_size=20))
def test_no_sequence_of_events_loses_an_entry_or_changes_a_batch(happenings):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        trial = Trial()
        for what, *more in happenings:
            before = trial.standing
            earlier_standing = ProjectStanding(before.project, before.pool, read_entries())
            trial.happen(what, *more)
            try:
                after = trial.run()
            except InputError:
                assert list(read_entries()[: len(earlier_standing.entries)]) == list(earlier_standing.entries)
                for path in RETURNED.iterdir():  # a mistake of people; they take the file away
                    path.unlink()
                trial.said.clear()
                after = trial.run()
            check(earlier_standing, after)
            answers = {(entry.sample, entry.who, entry.event, entry.label) for entry in after.entries}
            assert answers >= set(trial.said)
            trial.said.clear()


def read_entries():
    return read(LEDGER).entries
