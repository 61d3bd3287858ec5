"""The last lines of a run: the batches that are out, how much came back, and the next command."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from activepool.labelling.models.named_head import read_facts
from activepool.labelling.status.numbers import read_numbers
from activepool.labelling.status.text import removed_text, status_lines, uncalibrated_text
from activepool.ledger.book import read
from activepool.ledger.state import BatchState
from planning.project.paths import FOLDERS, MODEL_FILES, SENT_FILES, ProjectPaths
from planning.runs.command_line import snakemake_command
from planning.runs.ending import print_after_success

#: The arguments that go on without the missing answers.
GO_ON = ("--config", "go_on=true")

#: The purposes of a batch's files, and their keys in `SENT_FILES`.
PEOPLE_FILES = {
    "sheet (opens in a browser)": "sheet",
    "list (to fill in)": "list",
    "Label Studio": "label_studio",
}

#: Snakemake's options that begin settings.
CONFIG_OPTIONS = ("--config", "-C")


def announce_ending(paths: ProjectPaths, arguments: Sequence[str]) -> None:
    """Print where the project stands when this process ends, unless the run has failed."""
    print_after_success(lambda: _ending(paths, arguments))


def removal_remedy(paths: ProjectPaths, failed: Collection[str]) -> Iterator[str]:
    """Yield the remedy if features cannot be computed again because photographs were removed."""
    removed = sum(not is_present for is_present in paths.standing.pool.is_present)
    if "extract" in failed and removed:
        name, text = paths.project.project, removed_text(removed, has_images=True)
        yield (
            f"{text}; features of what was removed cannot be computed again: put it back, or delete "
            f"results/{name}, results/datasets/{name} and results/features/{name}"
        )


def _ending(paths: ProjectPaths, arguments: Sequence[str]) -> list[str]:
    # Reading large tables would start threads, for which it is too late; the pool has not changed.
    entries = read(paths.project.ledger_path).entries
    current = ProjectPaths(replace(paths.standing, entries=entries), paths.sends)
    return [
        *_status(current),
        *_model_files(paths, [name for name in MODEL_FILES if name in arguments]),
        *(line for batch in current.standing.incomplete_batches for line in _awaited(current, batch)),
        *_next_command(current, arguments, paths.standing.is_waiting),
    ]


def _status(paths: ProjectPaths) -> Iterator[str]:
    if not Path(paths.status_numbers).is_file():
        return
    numbers = read_numbers(paths.status_numbers)
    if numbers.standing.last_entry == len(paths.standing.entries):
        yield from status_lines(numbers)
        yield f"status: {paths.status}"
    else:
        yield f"status: {paths.status}, from before the newest answers; next_batch brings it up to date"


def _model_files(paths: ProjectPaths, targets: Sequence[str]) -> Iterator[str]:
    """Yield the files of each target, and what is wrong with the probabilities in them."""
    yield from (f"{name}: {', '.join(paths.target_files(name))}" for name in targets)
    training = paths.latest_model_file("training.json")
    if targets and Path(training).is_file() and (reason := read_facts(training).uncalibrated):
        yield f"probabilities: {uncalibrated_text(reason)}"


def _awaited(paths: ProjectPaths, batch: BatchState) -> Iterator[str]:
    """Yield a line with the number of answers to a batch, and lines with the paths of its files."""
    removed = sum(not paths.standing.pool.is_here(sample) for sample in batch.awaited)
    note = f"; {removed_text(removed, has_images=not paths.is_embedded)}" if removed else ""
    yield f"{batch.name}: {batch.came_back} of {len(batch.samples)} samples have an answer{note}"
    files = {use: paths.batch_file(batch.name, SENT_FILES[name]) for use, name in PEOPLE_FILES.items()}
    yield from (f"  {use}: {path}" for use, path in files.items() if Path(path).is_file())
    if missing := [Path(path).name for path in files.values() if not Path(path).is_file()]:
        yield f"  {', '.join(missing)}: gone; next_batch makes {'it' if len(missing) == 1 else 'them'} again"
    if Path(folders := paths.batch_file(batch.name, FOLDERS)).is_dir():
        yield f"  folders (to sort the pictures into): {folders}"
    elif paths.project.folders:
        yield "  folders: none, because they are made only when a batch goes out"


def _next_command(paths: ProjectPaths, arguments: Sequence[str], has_waited: bool) -> Iterator[str]:
    """Yield the next command; ``has_waited``: answers were already missing when the run began."""
    standing, project = paths.standing, paths.project
    batch_arguments = _next_batch_arguments(arguments)
    command = snakemake_command(batch_arguments)
    if standing.is_incomplete:
        if has_waited and project.go_on:
            yield (
                f"nothing has come back for {standing.sent_batches[-1].name}; go_on goes on without missing "
                "answers, but only if some have come back"
            )
        yield f"put what comes back into {project.returned}/, then: {command}"
        if standing.has_come_back:
            command = snakemake_command(_with_go_on(batch_arguments))
            yield f"to go on without the missing answers: {command}"
    elif standing.is_exhausted:
        yield "all samples of the pool have gone out; add new ones, or make the predictions"
    else:
        yield f"the next batch: {command}"


def _next_batch_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that ask for the next batch, without go_on, which is valid for one run."""
    words = ["next_batch" if word in MODEL_FILES else word for word in arguments]
    options = [
        word
        for place, word in enumerate(words)
        if word != GO_ON[1] and not (word == "next_batch" and word in words[:place])
    ]
    return options[:-1] if options and options[-1] in CONFIG_OPTIONS else options


def _with_go_on(arguments: Sequence[str]) -> list[str]:
    # Snakemake uses only the last of several --config.
    places = [place for place, word in enumerate(arguments) if word in CONFIG_OPTIONS]
    if not places:
        return [*arguments, *GO_ON]
    return [*arguments[: places[-1] + 1], GO_ON[1], *arguments[places[-1] + 1 :]]
