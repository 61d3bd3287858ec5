from collections.abc import Mapping, Sequence
from typing import Any

from activepool.programs.stage import Folder, Input, Output, SelectedRounds, stage


@stage
def track(
    tracker: str,
    project: str,
    curves: Input,
    class_counts: Input,
    runs: SelectedRounds,
    files: Folder,
    outcome: Output,
    pictures: Sequence[Input] = (),
    configuration: Mapping[str, Any] = {},
    seconds: float | None = None,
) -> None:
    """Send an experiment's numbers, figures and picks to a tracker; if it fails, the experiment continues.

    Args:
        tracker: name of the tracker, a module of activepool.tracking
        project: name of the project that groups the runs
        curves: curves.csv
        class_counts: class_counts.csv
        runs: JSON: the rounds, by their selected.csv (see activepool.io.rounds)
        files: folder for the tracker's own files
        outcome: text file to write: the runs that it accepted, and why it failed
        pictures: figures, as PNG
        configuration: JSON: the settings of the experiment
        seconds: time limit of each run
    """
    import sys
    from pathlib import Path

    from activepool.errors import InputError
    from activepool.figures.results import read_curves
    from activepool.io.files import write_text
    from activepool.tracking.registry import TRACKERS
    from activepool.tracking.runs import tracked_runs
    from activepool.tracking.sending import SECONDS, send

    if tracker not in TRACKERS:
        raise InputError(f"tracker: {tracker!r} is not known; it must be one of {', '.join(TRACKERS)}")
    tracker_runs = tracked_runs(read_curves(curves).table, dict(configuration), pictures, runs, class_counts)
    delivery = send(tracker, project, Path(files), tracker_runs, SECONDS if seconds is None else seconds)
    lines = [f"sent: {name}" for name in delivery.sent]
    if delivery.failure:
        lines.append(f"warning: tracker {tracker}: {delivery.failure}")
        print(f"activepool: {lines[-1]}; the experiment continues without it", file=sys.stderr)
    write_text(outcome, "".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    track.run()
