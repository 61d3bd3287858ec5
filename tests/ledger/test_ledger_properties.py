"""Whatever happens to a ledger: no acknowledged entry is lost, and no batch that went out changes."""

import csv
import io
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import draft, entries, pool, sample, sent, take_in
from reading import read as read_answers

from activepool.errors import InputError
from activepool.ledger.book import append, kept_folder, open_book, read, repair
from activepool.ledger.entries import Correction, Draft, History, as_entry
from activepool.ledger.formats import csv_file, label_studio
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.state import state_of
from activepool.ledger.table import parse, table_text

quickly = settings(derandomize=True, deadline=None, max_examples=80)


@pytest.fixture(autouse=True, scope="module")
def without_waiting():
    """Do not wait for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: None)
        yield


NAMES = st.sampled_from("abcdef")
PEOPLE = st.sampled_from(["anna", "bob", "carl"])
LABELS = st.sampled_from(["cat", "dog", "Größe, mit Komma", 'a "quoted" fox'])

ANSWERS = st.one_of(
    st.builds(lambda name, who, label: draft(of=name, who=who, label=label), NAMES, PEOPLE, LABELS),
    st.builds(
        lambda event, name, who: draft(event, name, who),
        st.sampled_from(["skip", "cannot_tell", "not_ours"]),
        NAMES,
        PEOPLE,
    ),
)

#: What happens to a ledger, and a number or a list for it.
HAPPENINGS = st.one_of(
    st.tuples(st.just("append"), st.lists(ANSWERS, max_size=4)),
    st.tuples(st.just("take in"), st.lists(ANSWERS, max_size=4)),
    st.tuples(st.just("send"), st.lists(NAMES, min_size=1, max_size=4, unique=True)),
    st.tuples(st.just("correct"), st.integers(0, 50)),
    st.tuples(st.just("withdraw"), st.integers(0, 50)),
    st.tuples(st.just("cut the file"), st.integers(0, 5000)),
    st.tuples(st.just("cut the copy"), st.integers(0, 5000)),
    st.tuples(st.just("remove a line"), st.integers(1, 50)),
    st.tuples(st.just("sort the lines"), st.just(None)),
    st.tuples(st.just("change a label"), st.just(None)),
    st.tuples(st.just("remove the file"), st.just(None)),
    st.tuples(st.just("remove the copy"), st.just(None)),
)


class Trial:
    """A ledger to which things happen."""

    def __init__(self, folder):
        self.path = folder / "labels.csv"
        self.copy = kept_folder(self.path) / "copy.csv"
        self.batches = 0

    def happen(self, what, more):
        getattr(self, what.replace(" ", "_"))(more)

    def append(self, drafts):
        append(self.path, drafts)

    def take_in(self, drafts):
        take_in(self.path, list({(draft.who, draft.sample): draft for draft in drafts}.values()))

    def send(self, names):
        self.batches += 1
        append(self.path, sent(*names, batch=str(self.batches)))

    def correct(self, number):
        if answers := [entry for entry in read(self.path).entries if entry.is_answer]:
            answer = answers[number % len(answers)]
            append(self.path, [draft(of=answer.source, who=answer.who, label="fox", replaces=answer.number)])

    def withdraw(self, number):
        if entries := [entry for entry in read(self.path).entries if not entry.is_sending]:
            replaced = entries[number % len(entries)]
            append(self.path, [draft("withdraw", replaced.source, "anna", replaces=replaced.number)])

    def cut_the_file(self, at):
        if self.path.exists():
            self.path.write_bytes(self.path.read_bytes()[:at])

    def cut_the_copy(self, at):
        append(self.path, [])
        if self.copy.exists():
            self.copy.write_bytes(self.copy.read_bytes()[:at])
            append(self.path, [])

    def remove_a_line(self, number):
        if self.path.exists():
            lines = self.path.read_bytes().splitlines(keepends=True)
            self.path.write_bytes(b"".join([*lines[:number], *lines[number + 1 :]]))

    def sort_the_lines(self, _):
        if self.path.exists():
            head, *lines = self.path.read_bytes().splitlines(keepends=True) or [b""]
            self.path.write_bytes(b"".join([head, *sorted(lines, key=lambda line: line[-9:])]))

    def change_a_label(self, _):
        append(self.path, [])
        content = self.path.read_bytes() if self.path.exists() else b""
        if b",cat," in content:
            self.path.write_bytes(content.replace(b",cat,", b",cow,", 1))
            with pytest.raises(InputError, match="label was 'cat' and is now 'cow'"):
                read(self.path)
            repair(self.path, "undo")

    def remove_the_file(self, _):
        append(self.path, [])
        self.path.unlink(missing_ok=True)

    def remove_the_copy(self, _):
        append(self.path, [])
        self.copy.unlink(missing_ok=True)
        append(self.path, [])


@settings(quickly, max_examples=150)
@given(st.lists(HAPPENINGS, max_size=12))
def test_no_sequence_of_events_loses_an_entry_or_changes_a_batch(happenings):
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        for what, more in happenings:
            before = read(trial.path).entries
            trial.happen(what, more)
            after = read(trial.path).entries
            assert after[: len(before)] == before
            batches = state_of(before).batches
            assert {name: state_of(after).batches[name].samples for name in batches} == {
                name: batch.samples for name, batch in batches.items()
            }


@quickly
@given(st.lists(ANSWERS, min_size=1, max_size=6), st.integers(0, 10**4))
def test_the_next_append_after_a_cut_at_any_byte_loses_nothing(drafts, at):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels.csv")
        append(path, drafts)
        whole = path.read_bytes()
        path.write_bytes(whole[: at % len(whole)])
        append(path, [draft("skip", "z")])
        assert path.read_bytes().startswith(whole)
        assert len(read(path).entries) == len(drafts) + 1


@pytest.mark.parametrize("renamed", [0, 1])
def test_a_crash_between_the_names_leaves_an_append_whole_or_not_there(tmp_path, monkeypatch, renamed):
    path = tmp_path / "labels.csv"
    append(path, [draft(of="a")])
    replace, calls = Path.replace, []

    def crash(self, target):
        if len(calls) == renamed:
            raise KeyboardInterrupt
        calls.append(target)
        return replace(self, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt), open_book(path) as book:
        patched.setattr(Path, "replace", crash)
        book.append([draft(of=name) for name in "bcd"])
    assert len(read(path).entries) == (4 if renamed else 1)
    append(path, [])
    assert path.read_bytes() == (kept_folder(path) / "copy.csv").read_bytes()


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=8).map(
    str.strip
)


@quickly
@given(
    st.lists(
        st.builds(
            Draft,
            event=st.sampled_from(["label", "skip"]),
            sample=NAMES.map(sample),
            source=TEXTS,
            who=TEXTS,
            label=TEXTS,
            note=TEXTS,
            batch=TEXTS,
            when=st.just("2026-11-28T09:30:00Z"),
        ),
        max_size=6,
    )
)
def test_the_text_of_a_ledger_reads_back_the_same(drafts):
    history = History()
    valid = [draft for draft in drafts if not list(history.problems(as_entry(draft, 1)))]
    written = entries(*valid)
    table = parse("labels.csv", table_text(written).encode())
    assert ([line.entry for line in table.lines], table.problems, table.tail) == (written, [], b"")


@quickly
@given(st.lists(ANSWERS, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_independent_entries_does_not_matter(drafts, random):
    drafts = [*sent(*"abc"), *drafts]
    queues = {
        name: [draft for draft in drafts if draft.sample == name]
        for name in {draft.sample for draft in drafts}
    }
    mixed = []
    while queues:
        name = random.choice(sorted(queues))
        mixed.append(queues[name].pop(0))
        if not queues[name]:
            del queues[name]
    assert summary(drafts) == summary(mixed)


def summary(drafts):
    state = state_of(entries(*drafts), ["dog"])
    samples = {
        name: (
            sample.status,
            sample.label,
            sample.sources,
            {who: answer.opinion for who, answer in sample.opinions.items()},
        )
        for name, sample in state.samples.items()
    }
    back = {name: (set(sample.samples), set(sample.awaited)) for name, sample in state.batches.items()}
    return samples, back, set(state.classes), state.training_labels


SOURCES = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")),
        min_size=1,
        max_size=6,
    )
    .map(lambda text: text.replace("/", "-").replace("\\", "-"))
    .filter(lambda text: text.strip(".")),
    min_size=1,
    max_size=5,
    unique=True,
)


@quickly
@given(
    st.lists(
        st.tuples(PEOPLE, LABELS, st.integers(0, 40), st.booleans()),
        min_size=1,
        max_size=8,
        unique_by=lambda answer: answer[2],
    )
)
def test_the_latest_answer_of_each_and_the_latest_correction_count_whatever_came_first(said):
    """Corrections are by somebody who answers nothing. The files are gone once they are taken in."""
    latest, decisions = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels.csv")
        for who, label, hours, is_correction in said:
            when = f"2026-01-{1 + hours // 24:02d}T{hours % 24:02d}:00:00Z"
            answer = draft(of="a", who="dora" if is_correction else who, label=label, when=when)
            take_in(path, [Correction(**vars(answer)) if is_correction else answer])
            (decisions if is_correction else latest.setdefault(who, {}))[hours] = label
        state = state_of(read(path).entries).samples[sample("a")]
        opinions = {who: entry.label for who, entry in state.opinions.items()}
    if decisions:
        assert opinions == {"dora": decisions[max(decisions)]}
    else:
        assert opinions == {who: labels[max(labels)] for who, labels in latest.items()}


@quickly
@given(SOURCES, st.data())
def test_what_a_tool_gives_back_are_the_labels_of_the_same_images(names, data):
    sources = [f"{number % 2}/{name}.jpg" for number, name in enumerate(names)]
    samples = pool(*sources)
    labels = data.draw(
        st.lists(st.sampled_from(["cat", "dog", ""]), min_size=len(names), max_size=len(names))
    )
    batch = Batch(
        "1", tuple(Pick(*pair) for pair in zip(samples.samples, sources, strict=True)), ("cat", "dog")
    )
    expected = {name: label for name, label in zip(sources, labels, strict=True) if label}
    with tempfile.TemporaryDirectory() as folder:
        for tool, fill in (("csv", filled_csv), ("label_studio", filled_tasks), ("fiftyone", filled_labels)):
            path = Path(folder, f"{tool}.{'csv' if tool == 'csv' else 'json'}")
            fill(path, batch, labels)
            answers = read_answers(tool, path, samples)
            assert {pair.source: pair.label for pair in answers.drafts} == expected
            cut = data.draw(st.integers(0, path.stat().st_size - 2))
            path.write_bytes(path.read_bytes()[:cut])
            try:
                some = read_answers(tool, path, samples, skip_bad=True).drafts
            except InputError:
                continue
            assert {(pair.source, pair.label) for pair in some} <= set(expected.items())


def filled_csv(path, batch, labels):
    csv_file.write(path, batch)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, csv_file.COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "label": label} for row, label in zip(rows, labels, strict=True))


def filled_tasks(path, batch, labels):
    label_studio.write(path, batch, lambda source: f"/data/local-files/?d={source}")
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for task, label in zip(tasks, labels, strict=True):
        result = {"type": "choices", "value": {"choices": [label]}}
        task["annotations"] = [{"completed_by": 1, "result": [result]}] if label else []
    path.write_text(json.dumps(tasks), encoding="utf-8")


def filled_labels(path, batch, labels):
    of_name = {
        pick.source.removesuffix(".jpg"): label or None
        for pick, label in zip(batch.picks, labels, strict=True)
    }
    content = {"classes": batch.classes, "labels": of_name}
    path.write_text(json.dumps(content), encoding="utf-8")
