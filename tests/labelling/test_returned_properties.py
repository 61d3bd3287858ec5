"""Whatever comes back, in any order: the ledger only grows, and the cache makes no difference."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns import SOURCES, Project

from activepool.errors import InputError

quickly = settings(derandomize=True, deadline=None, max_examples=30)

NAMES = st.sampled_from(["a.csv", "b.csv", "b (1).csv", "c"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(SOURCES),
        st.sampled_from(["cat", "dog", "fox", "Fox", "?", "skip", "not ours", ""]),
        st.sampled_from(["", "anna", "bob"]),
    ),
    min_size=1,
    max_size=4,
)


def table(column, rows):
    lines = [f"source,{column},who", *(",".join(row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def export(rows, day):
    time = f"2026-01-{day:02d}T00:00:00Z"
    records = [{"image": source, "choice": label, "annotator": who or 1} for source, label, who in rows]
    return json.dumps(
        [record | {"source": record["image"], "updated_at": time} for record in records]
    ).encode()


CONTENTS = st.one_of(
    st.builds(table, st.sampled_from(["label", "correction"]), ROWS),
    st.builds(export, ROWS, st.integers(1, 20)),
    st.none(),  # the file is taken away
)
EVENTS = st.lists(st.tuples(NAMES, CONTENTS), min_size=1, max_size=7)


@pytest.fixture(autouse=True, scope="module")
def without_waiting():
    """Do not wait for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: None)
        yield


def outcome_of(project):
    """Take in what came back, and return what became of it, or the mistakes."""
    before = project.entries
    try:
        intake = project.take()
    except InputError as error:
        assert project.entries == before
        return str(error)
    assert project.entries[: len(before)] == before
    assert project.entries[len(before) :] == intake.entries
    assert project.take().entries == ()
    counts = [(file.path, len(file.new_answers), file.answers.awaited) for file in intake.files]
    return counts, intake.new_classes


def standing(project):
    return {name: (sample.status, sample.label) for name, sample in project.state.samples.items()}


@quickly
@given(EVENTS)
def test_the_cache_makes_no_difference(events):
    with tempfile.TemporaryDirectory() as folder:
        project, twin = Project(Path(folder) / "same"), Project(Path(folder) / "twin")
        for name, content in events:
            for one in (project, twin):
                if content is None:
                    (one.returned / name).unlink(missing_ok=True)
                else:
                    one.write(name, content)
            twin.cache.unlink(missing_ok=True)
            result, expected = (str(outcome_of(one)).replace(str(one.folder), "") for one in (project, twin))
            assert result == expected
            assert standing(project) == standing(twin)
            assert not project.state.twins


@pytest.mark.parametrize("header", ["source,correction,who", "source,correction,who,predicted,status"])
@pytest.mark.parametrize("stays", [True, False])
@quickly
@given(events=EVENTS)
def test_a_correction_holds_whether_its_file_lies_there_or_not(header, stays, events):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project")
        project.table("0.csv", header, f"{SOURCES[0]},dog,carl" + ",cat," * header.endswith("status"))
        project.take()
        if not stays:
            (project.returned / "0.csv").unlink()
        for name, content in events:
            if content is None or b"correction" in content:
                continue
            project.write(name, content)
            if not isinstance(outcome_of(project), str):
                assert project.labels()[SOURCES[0]] == "dog"
