"""The servers that a run starts."""

from types import SimpleNamespace

import pytest

from activepool.programs import servers
from planning.runs import submission


def planned_run(*stages, **settings):
    """Return what `start_servers` reads of a workflow that has planned these stages."""
    params = [[SimpleNamespace(stage=stage), "a param of no stage"] for stage in stages]
    jobs = [SimpleNamespace(rule=SimpleNamespace(params=values), wildcards={}) for values in params]
    deployment = SimpleNamespace(deployment_method=settings.get("deployment", set()))
    return SimpleNamespace(
        local_exec=settings.get("local", True),
        deployment_settings=deployment,
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
    )


@pytest.fixture
def started(monkeypatch):
    """The kinds of the servers that were started, a list for each call."""
    calls = []
    monkeypatch.setattr(servers, "start", lambda variables, kinds: calls.append(kinds))
    return calls


def test_only_servers_of_planned_stages_start(started, tmp_path):
    submission.start_servers(planned_run("train", "dataset", "predict", "send"), tmp_path)
    (kinds,) = started
    assert all(
        "activepool.stages.train" in kind.stages or "activepool.stages.send" in kind.stages for kind in kinds
    )
    assert len(kinds) == 2


@pytest.mark.parametrize(
    "run",
    [planned_run("verify"), planned_run("train", local=False), planned_run("train", deployment={"conda"})],
)
def test_no_server_starts_if_none_is_of_use(run, started, tmp_path):
    submission.start_servers(run, tmp_path)
    assert started == []
