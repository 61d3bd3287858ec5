"""The last lines of a run: what is out with people, how much of it is back, and the command that goes on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from activepool.labelling.status.numbers import read_numbers
from activepool.labelling.status.text import removed_text, status_lines
from activepool.ledger.book import read
from activepool.ledger.state import BatchState
from planning.project.paths import FILES_OF_MODEL, FOLDERS, SENT_FILES, ProjectPaths
from planning.runs.command_line import snakemake_command
from planning.runs.ending import print_after_success

#: What goes on without the answers that are missing.
GO_ON = ("--config", "go_on=true")

#: What the files of a batch are for, and their keys in `SENT_FILES`.
FOR_PEOPLE = {
    "sheet (opens in a browser)": "sheet",
    "list (to fill in)": "list",
    "Label Studio": "label_studio",
}

#: Snakemake's names of the option that begins settings.
SETTINGS = ("--config", "-C")


def announce_ending(paths: ProjectPaths, arguments: Sequence[str]) -> None:
    """Print where the project stands when this process ends, unless the run has failed."""
    print_after_success(lambda: _ending(paths, arguments))


def removal_remedy(paths: ProjectPaths, failed: Collection[str]) -> Iterator[str]:
    """Yield what helps if features cannot be computed again because photographs were removed."""
    removed = sum(not is_present for is_present in paths.standing.pool.is_present)
    if "extract" in failed and removed:
        name, what = paths.project.project, removed_text(removed, has_images=True)
        yield (
            f"{what}; features of what was removed cannot be computed again: put it back, or delete "
            f"results/{name}, results/datasets/{name} and results/features/{name}"
        )


def _ending(paths: ProjectPaths, arguments: Sequence[str]) -> list[str]:
    # Nothing may start threads this late, as reading large tables would; the pool has not changed.
    entries = read(paths.project.ledger_path).entries
    now = ProjectPaths(replace(paths.standing, entries=entries), paths.sends)
    return [
        *_status(now),
        *(f"{name}: {', '.join(now.of_target(name))}" for name in FILES_OF_MODEL if name in arguments),
        *(line for batch in now.standing.missing for line in _awaited(now, batch)),
        *_what_next(now, arguments, paths.standing.is_waiting),
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


def _awaited(paths: ProjectPaths, batch: BatchState) -> Iterator[str]:
    """Yield how many answers to a batch are back, and where its files are."""
    removed = sum(not paths.standing.pool.is_here(sample) for sample in batch.awaited)
    note = f"; {removed_text(removed, has_images=not paths.is_embedded)}" if removed else ""
    yield f"{batch.name}: {batch.came_back} of {len(batch.samples)} samples have an answer{note}"
    files = {words: paths.of_batch(batch.name, SENT_FILES[name]) for words, name in FOR_PEOPLE.items()}
    yield from (f"  {words}: {path}" for words, path in files.items() if Path(path).is_file())
    if gone := [Path(path).name for path in files.values() if not Path(path).is_file()]:
        yield f"  {', '.join(gone)}: gone; next_batch makes {'it' if len(gone) == 1 else 'them'} again"
    if Path(folders := paths.of_batch(batch.name, FOLDERS)).is_dir():
        yield f"  folders (to sort the pictures into): {folders}"
    elif paths.project.folders:
        yield "  folders: none, for they are made only when a batch goes out"


def _what_next(paths: ProjectPaths, arguments: Sequence[str], has_waited: bool) -> Iterator[str]:
    """Yield the command that goes on; ``has_waited``: answers were missing when the run began, as well."""
    standing, project = paths.standing, paths.project
    words = _of_next_batch(arguments)
    command = snakemake_command(words)
    if standing.is_incomplete:
        if has_waited and project.go_on:
            yield (
                f"nothing has come back for {standing.sent[-1].name}; go_on takes a batch as complete with "
                "what came back, and nothing did"
            )
        yield f"put what comes back into {project.returned}/, then: {command}"
        if standing.has_come_back:
            going_on = snakemake_command(_going_on(words))
            yield f"to go on without the missing answers: {going_on}"
    elif standing.is_exhausted:
        yield "all samples of the pool have gone out; add new ones, or make the predictions"
    else:
        yield f"the next batch: {command}"


def _of_next_batch(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that ask for the next batch, without go_on, which holds for one run."""
    words = ["next_batch" if word in FILES_OF_MODEL else word for word in arguments]
    kept = [
        word
        for place, word in enumerate(words)
        if word != GO_ON[1] and not (word == "next_batch" and word in words[:place])
    ]
    return kept[:-1] if kept and kept[-1] in SETTINGS else kept


def _going_on(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the setting that goes on."""
    # Snakemake uses only the last of several --config.
    places = [place for place, word in enumerate(arguments) if word in SETTINGS]
    if not places:
        return [*arguments, *GO_ON]
    return [*arguments[: places[-1] + 1], GO_ON[1], *arguments[places[-1] + 1 :]]
