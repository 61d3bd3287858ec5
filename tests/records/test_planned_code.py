"""A stage that is no more what its run has planned stops before it works."""

import json

import pytest

from activepool.errors import InputError
from activepool.records.planned_code import LISTINGS, PLANNED, check_planned
from planning.stages import digests
from planning.stages.digests import declaration

DEPENDS_ON = {"dataset": "settings 1, code 2", "train": "settings 3, code 4"}


@pytest.fixture
def provenance(tmp_path, monkeypatch):
    """What a stage of one file is given by its rule; the file is listed."""
    monkeypatch.setattr(digests, "_listed", {})
    monkeypatch.delenv(PLANNED, raising=False)
    file = tmp_path / "mine.py"
    file.write_text("TWO = 2  # so far\n")
    digest = digests.code_digest(file)
    digests.write_listings(tmp_path / "code")
    monkeypatch.setenv(LISTINGS, str(tmp_path / "code"))
    return {"dataset": "settings 1, code 2", "select": f"settings 3, code {digest}"}


def test_code_as_it_was_planned(provenance, tmp_path):
    check_planned(provenance)
    (tmp_path / "mine.py").write_text('"""Two."""\n\nTWO   =   2\n')
    check_planned(provenance)


@pytest.mark.parametrize("content", ["TWO = 3\n", "TWO =\n", None])
def test_edited_code_is_named(provenance, tmp_path, content):
    file = tmp_path / "mine.py"
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(
        InputError, match=r"mine\.py: was edited after the run had begun; start the run again"
    ):
        check_planned(provenance)


def test_code_of_stages_before_may_be_edited(provenance, tmp_path):
    (tmp_path / "mine.py").write_text("TWO = 3\n")
    check_planned({**provenance, "train": "settings 3, code 4"})


def test_a_job_whose_settings_or_code_were_not_planned_stops(monkeypatch):
    monkeypatch.setenv(PLANNED, "select: settings 3, code 5;train: settings 3, code 4")
    check_planned(DEPENDS_ON)
    # What made its inputs is in the records of these.
    check_planned({**DEPENDS_ON, "dataset": "settings 7, code 2", "train": DEPENDS_ON["train"]})
    for edited in ("settings 7, code 4", "settings 3, code 7"):
        with pytest.raises(InputError, match="edited after this job was submitted"):
            check_planned({**DEPENDS_ON, "train": edited})


def test_without_listings_and_plan_nothing_is_compared(monkeypatch):
    monkeypatch.delenv(LISTINGS, raising=False)
    monkeypatch.delenv(PLANNED, raising=False)
    check_planned(DEPENDS_ON)


def test_every_file_of_a_stage_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "_listed", {})
    digests.code_digest.cache_clear()
    digest = digests.code_digest(declaration("train").file)
    digests.write_listings(tmp_path)
    listed = json.loads((tmp_path / f"{digest}.json").read_text())
    assert set(listed) == {str(file) for file in digests.with_imports(declaration("train").file)}
