"""A project at each point of its labelling that the status page is for."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path

from labelling.filled_folders import filled_once
from labelling.labelled_projects import Project, small_pool

from activepool.labelling.status.numbers import StatusFiles, status_numbers

#: What a person may call a class, an annotator or a file.
ODD = '<b onclick="x">Käfer\'s & Co</b>'


def point(make: Callable[[Path], Project]) -> Callable[[Path], Project]:
    """Let a function make its project once in a process; each call copies it to its folder."""
    filled = filled_once(make)

    @wraps(make)
    def copied(folder: Path) -> Project:
        return replace(filled(folder), folder=folder)

    return copied


@point
def unlabelled(folder):
    """No batch has gone out."""
    pool = small_pool(300)
    sources = [f"{ODD}/{source}" if row < 9 else source for row, source in enumerate(pool.sources)]
    return Project(folder, pool.features, sources, class_names=["ant", ODD])


@point
def waiting(folder):
    """The first batch has gone out."""
    project = unlabelled(folder)
    project.send("batch01", range(30), note="coreset", when="2026-11-02T09:00:00Z")
    return project


@point
def first_batch(folder):
    """Most of the first batch has come back."""
    project = waiting(folder)
    project.say(range(25), small_pool(300).classes[:25], batch="batch01")
    project.train("batch02")
    return project


@point
def labelled(folder):
    """Several batches have come back; annotators disagree, and a class is written in two ways."""
    project, classes = first_batch(folder), small_pool(300).classes
    project.say(range(25, 30), ["cannot_tell", "skip", "not_ours", ODD, "Ant"], batch="batch01")
    project.say([0, 1], [ODD, "not_ours"], who=f"{ODD}!")
    for number in range(2, 5):
        rows = range(30 * number - 30, 30 * number)
        project.send(f"batch{number:02d}", rows, note="margin", when=f"2026-11-{8 + number:02d}T09:00:00Z")
        project.say(rows, classes[rows.start : rows.stop], batch=f"batch{number:02d}")
        project.train(f"batch{number + 1:02d}")
    return project


@point
def audited(folder):
    """The same with an audit set, of which some is awaited."""
    project = labelled(folder)
    project.send("audit01", range(200, 260), "audit", when="2026-11-20T09:00:00Z")
    project.say(range(200, 255), ["skip", *small_pool(300).classes[201:255]], batch="audit01")
    return project


POINTS = (unlabelled, waiting, first_batch, labelled, audited)


def numbers_of(project, has_images=True, **changes):
    return status_numbers(
        "photos", StatusFiles(**project.arguments | changes), project.class_names, has_images
    )
