"""Files compared with the records of how they were made."""

import json
import os
import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from activepool.errors import InputError
from activepool.records.provenance import (
    Record,
    record_path,
)
from activepool.records.verification import TEMPORARY, Allowances, verify


def test_a_tree_as_it_was_left_fits(tree):
    assert (tree / "results/logs/c.log").is_file()
    for name in ("deep/.c.1.partial", "deep/weights.state"):
        (tree / "results" / name).touch()
    findings = verify("results")
    assert findings.misfits == []
    assert findings.verified == 3


def test_a_moved_tree_fits(tree, monkeypatch):
    shutil.copytree(tree, tree / "elsewhere", copy_function=shutil.copyfile)
    monkeypatch.chdir(tree / "elsewhere")
    assert verify("results").misfits == []


def cut(folder):
    (folder / "results/deep/c").write_text("some")


def edit(folder):
    path = folder / "results/a"
    state = path.stat()
    path.write_text("same bytes")
    os.utime(path, ns=(0, state.st_mtime_ns))


def lose(folder):
    (folder / "results/b").unlink()


def give_another(folder):
    (folder / "given").write_text("other")


def add(folder):
    (folder / "results/deep/d").touch()


def spoil_the_record(folder):
    (folder / "results/deep/provenance/c.json").write_text('{"stage": 1}')


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, ["results/deep/c: was cut or written again, 4 instead of 10 bytes, since stage"]),
        (
            edit,
            ["results/a: has changed since stage", "results/deep/c: made from another version of results/a"],
        ),
        (lose, ["results/b: is missing, although other files of its stage"]),
        (give_another, ["results/a: made from another version of given"]),
        (add, ["results/deep/d: no record says how it was made"]),
        (
            spoil_the_record,
            ["results/deep/provenance/c.json: not a record", "results/deep/c: no record says"],
        ),
    ],
)
def test_what_does_not_fit_is_named(tree, damage, words):
    damage(tree)
    misfits = verify("results").misfits
    assert len(misfits) == len(words)
    for misfit, expected in zip(misfits, words, strict=True):
        assert misfit.startswith(expected)


@pytest.mark.parametrize(
    ("damage", "remedies"),
    [
        (cut, ["delete the file, and run again"]),
        (edit, ["delete the file, and run again", "delete results/deep/c first"]),
        (lose, ["run again to make it"]),
        (add, ["delete it, or move it elsewhere"]),
    ],
)
def test_what_does_not_fit_gets_its_remedy(tree, damage, remedies):
    damage(tree)
    for misfit, remedy in zip(verify("results").misfits, remedies, strict=True):
        assert misfit.endswith(f"; {remedy}") or misfit.endswith(f", {remedy}")


def test_many_files_of_another_input_are_one_line(tree, stage):
    stage("--sources", "results/a", "--joined", "results/d")
    edit(tree)
    assert (
        verify("results")
        .misfits[1]
        .startswith("results/deep/c and 1 more: made from another version of results/a")
    )


def test_files_made_by_different_kernels_pass_with_a_notice(tree, stage, monkeypatch):
    assert verify("results").mixtures == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Other")
    stage("--sources", "results/a", "--joined", "results/d")
    findings = verify("results")
    assert len(findings.mixtures) == 1
    assert "kernels, environment variables: " in findings.mixtures[0]
    assert "OPENBLAS_CORETYPE=Other" in findings.mixtures[0]
    assert "(1, such as results/d)" in findings.mixtures[0]


def test_a_record_from_before_kernels_were_recorded_is_read(tree):
    path = record_path("results/a")
    content = json.loads(path.read_text())
    del content["kernels"]
    path.write_text(json.dumps(content))
    findings = verify("results")
    assert (findings.verified, findings.misfits, findings.mixtures) == (3, [], [])


def test_temporary_files_may_be_gone_and_what_was_made_of_them_fits(tree):
    (tree / "results/a").unlink()
    (tree / "results/b").unlink()
    findings = verify("results", Allowances(temporary=("results/?",)))
    assert (findings.verified, findings.misfits) == (1, [])


def test_files_that_are_lost_are_named_one_by_one(tree):
    (tree / "results/a").unlink()
    (tree / "results/b").unlink()
    findings = verify("results")
    start = Record.read(record_path("results/a")).started
    assert findings.verified == 1
    assert findings.misfits == [
        f"{path}: is missing; stage 'join' made it ({start}); make it again, or delete "
        "results/provenance/a.json"
        for path in ("results/a", "results/b")
    ]


def test_files_that_people_may_delete_are_named_without_failing(tree):
    allowed = Allowances(dispensable=("results/?",))
    (tree / "results/b").unlink()
    findings = verify("results", allowed)
    assert (findings.verified, findings.misfits, findings.gone) == (2, [], ["results/b"])
    (tree / "results/a").unlink()
    findings = verify("results", allowed)
    assert (findings.verified, findings.misfits, findings.gone) == (1, [], ["results/a", "results/b"])
    (tree / "results/deep/c").write_bytes(b"another")
    assert len(verify("results", allowed).misfits) == 1


def test_all_temporary_files_of_the_rules_may_be_gone():
    rules = Path(__file__).parents[2].glob("workflow/rules/*.smk")
    temporary = [
        path
        for file in rules
        for path in re.findall(r'temp\(\s*f?"([^"]+)"', file.read_text(encoding="utf-8"))
    ]
    assert len(temporary) == 4
    for path in temporary:
        name = re.sub(r"\{+\w+\}+", "0", path.replace("{ROUND}", "results/e/random/seed0/round01"))
        assert any(fnmatchcase(name, pattern) for pattern in TEMPORARY), path


def test_files_of_no_stage_may_be_allowed(tree):
    for name in ("deep/d", "e"):
        (tree / "results" / name).touch()
    findings = verify("results", Allowances(unrecorded=("*/deep/?",), ignored=("*/e",)))
    assert (findings.misfits, findings.unrecorded) == ([], ["results/deep/d"])
    assert len(verify("results").misfits) == 2


def test_inputs_that_may_change_cause_no_problem(tree):
    give_another(tree)
    assert verify("results", Allowances(changing={"join": "g*"})).misfits == []
    edit(tree)
    misfits = verify("results", Allowances(changing={"join": "g*"})).misfits
    assert [line.partition(": ")[0] for line in misfits] == ["results/a", "results/deep/c"]
    assert len(verify("results", Allowances(changing={"join": "*"})).misfits) == 1
    assert len(verify("results", Allowances(changing={"other": "*"})).misfits) == 3


def test_files_made_on_request_may_be_older_than_their_inputs_and_are_named(tree):
    allowed = Allowances(requested=("join",))
    assert verify("results", allowed).outdated == []
    give_another(tree)
    findings = verify("results", allowed)
    assert findings.misfits == []
    line = "results/a: made from another version of given"
    assert findings.outdated == [line]
    edit(tree)
    assert len(verify("results", allowed).misfits) == 1


def test_no_folder_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="nothing: there is no such folder"):
        verify(tmp_path / "nothing")
