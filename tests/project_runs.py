"""Runs of a project, for tests."""

from activepool.ledger.book import read
from planning.project.start import plan_run


def begin_run(project, check=lambda standing: None):
    """Plan a run, enter what came back, and return the standing of the project."""
    run = plan_run(project, check)
    run.enter()
    assert read(project.ledger_path).entries == tuple(run.standing.entries)
    return run.standing
