"""A project's configuration against its files: one line for each problem."""

import re
from pathlib import Path

import pytest
from ledger.ledgers import draft, entries, sample
from small_projects import IDENTITY, project

from activepool.errors import InputError
from activepool.labelling.pool.table import Pool
from planning.checks.backbone import function_problem
from planning.configuration.loading import load_project
from planning.project.checks import (
    audit_notices,
    check_project,
    check_standing,
    problems_with_files,
    require_model,
    require_room,
    require_same_spelling,
    require_shared,
)
from planning.project.standing import ProjectStanding

pytestmark = pytest.mark.usefixtures("project_files")


def problems(**changes):
    with pytest.raises(InputError) as caught:
        check_project(project(**changes), "mine.yaml")
    return "\n".join(caught.value.args)


@pytest.mark.parametrize("changes", [{}, {"images": None, "embeddings": "v.npy", "backbone": None}])
def test_a_project_that_can_run_has_no_problem(changes):
    check_project(project(**changes), "mine.yaml")


MISTAKES = [
    ({"images": "phots"}, "images: phots does not exist; a path is relative to where snakemake runs"),
    ({"images": "mine.py"}, "images: mine.py is a file; it must be a folder of images, or a .csv file with"),
    ({"images": None, "embeddings": "none.npy", "backbone": None}, "embeddings: none.npy does not exist"),
    ({"images": None, "embeddings": "v.npy"}, "backbone: embeddings need none; leave it out"),
    *(
        (
            {"images": None, "embeddings": "v.npy", "backbone": None, **key},
            f"{next(iter(key))}: embeddings need none",
        )
        for key in ({"features": {"dtype": "float16"}}, {"exif": "apply"}, {"on_unreadable": "skip"})
    ),
    ({"backbone": None}, "backbone: is missing; images need one"),
    ({"backbone": IDENTITY | {"checkpoint": "v.npy"}}, "backbone.checkpoint: identity has no weights"),
    ({"backbone": {"architecture": "resnet18"}}, "backbone.checkpoint: is missing; it must be the file of"),
    (
        {"backbone": {"architecture": "resnet18", "checkpoint": "none.pth"}},
        "backbone.checkpoint: the file none.pth does not exist",
    ),
    ({"backbone": {"architecture": "none.py:net"}}, "backbone.architecture: the file none.py does not exist"),
    ({"backbone": {"architecture": "bad.py:net"}}, "backbone.architecture: the file bad.py"),
    ({"ledger": "photos"}, "ledger: photos must be a file in a folder that exists"),
    ({"ledger": "none/ledger.csv"}, "ledger: none/ledger.csv must be a file in a folder that exists"),
    ({"ledger": "results/ledger.csv"}, "ledger: results/ledger.csv lies in results/, which may be deleted"),
    ({"returned": "results/back"}, "returned: results/back lies in results/, which may be deleted"),
    ({"returned": "results"}, "returned: results lies in results/, which may be deleted"),
    (
        {"ledger": "photos/ledger.csv"},
        "ledger: photos/ledger.csv lies in photos, the folder of the photographs",
    ),
    (
        {"ledger": "back/x.csv", "returned": "back"},
        "ledger: back/x.csv lies in back, the folder for what comes",
    ),
    (
        {"ledger": "back/a/x.csv", "returned": "back"},
        "ledger: back/a/x.csv lies in back, the folder for what",
    ),
    ({"images": "results/photos"}, "images: results/photos lies in results/, which may be deleted; put it"),
    (
        {"images": "results/list.csv"},
        "images: results/list.csv lies in results/, which may be deleted; put it",
    ),
    ({"returned": "file"}, "returned: file is a file; it must be the folder for what comes back"),
    ({"images": "."}, "images: the folder . contains returned; use one only for photographs"),
    ({"images": "."}, "images: the folder . contains results; use one only for photographs"),
    ({"returned": "photos"}, "returned: photos is the folder of the photographs (images); give another"),
    ({"images": "results"}, "images: the folder results contains results; use one only for photographs"),
    (
        {"returned": "photos/back"},
        "images: the folder photos contains photos/back; use one only for photographs",
    ),
]


@pytest.mark.parametrize(("changes", "line"), MISTAKES, ids=lambda value: str(value)[:50])
def test_each_mistake_gets_its_line(changes, line):
    Path("results").mkdir()
    lines = problems(**changes)
    assert any(problem.startswith(f"mine.yaml: {line}") for problem in lines.splitlines()), lines


def test_all_mistakes_are_reported_at_once():
    lines = problems(images="phots", backbone=None, ledger="none/x.csv", returned="file")
    assert [line.split(": ")[1] for line in lines.splitlines()] == [
        "backbone",
        "images",
        "ledger",
        "returned",
    ]


def test_mistakes_of_keys_hide_none_of_files():
    raw = {
        **{"project": 7, "images": "phots", "batch": 0, "classes": ["cat", "Cat", "dog", "dgo", "dgo"]},
        "backbone": {"architecture": "mine.py:netwrok", "image_size": -1, "checkpoint": "none.pth"},
        **{"first_strategy": "margin", "audit": 5, "audit_width": 0.1, "ledger": "none/x.csv"},
    }
    with pytest.raises(InputError) as caught:
        load_project(raw, "mine.yaml", further=problems_with_files)
    lines = [line.removeprefix("mine.yaml: ") for line in str(caught.value).splitlines()]
    assert sorted(line.partition(":")[0] for line in lines) == [
        *("backbone.architecture", "backbone.checkpoint", "backbone.image_size", "batch", "classes"),
        *("first_strategy", "give 'audit' (a number) or 'audit_width', not both", "images", "ledger"),
        "project",
    ]
    assert "backbone.architecture: the file mine.py has no function 'netwrok'; it defines net" in lines
    (classes,) = (line for line in lines if line.startswith("classes"))
    assert ("Cat" in classes, "'dgo' is listed twice" in classes) == (True, True)


@pytest.mark.parametrize("raw", [{"images": 5}, {}, {"project": "p", "batch": 3, "embeddings": ["v.npy"]}])
def test_what_is_left_out_is_not_missed(raw):
    with pytest.raises(InputError) as caught:
        load_project(dict(raw), "mine.yaml", further=problems_with_files)
    assert "backbone" not in str(caught.value) or "images" not in str(caught.value)
    assert "unnamed" not in str(caught.value)


NAMES = {
    "def net(s, c): ...": True,
    "if True:\n    def net(s, c): ...": True,
    "try:\n    from one import net\nexcept ImportError:\n    net = None": True,
    "from other import *": True,
    "def __getattr__(name): ...": True,
    "class A:\n    def net(self): ...": False,
    "def make():\n    def net(): ...": False,
    "import numpy as np": False,
}


@pytest.mark.parametrize("text", NAMES)
def test_a_users_function_is_looked_for_without_an_import(text):
    Path("own.py").write_text(f"raise RuntimeError\n{text}\n")
    assert (function_problem("own.py:net") is None) is NAMES[text]


def test_what_yaml_hides_is_found_in_the_file():
    Path("mine.yaml").write_text("batch: 3\nbatch: 4\n")
    assert "mine.yaml: " in problems(images="phots")
    with pytest.raises(InputError, match="batch"):
        check_project(project(), "mine.yaml")


# The target of a model.


def standing(*drafts):
    names = list("abc")
    pool = Pool([sample(name) for name in names], [1] * 3, names, {name: sample(name) for name in names})
    return ProjectStanding(project(), pool, entries(*drafts))


@pytest.mark.parametrize(
    "target", ["predictions", "model", "label_errors", "export_predictions", "export_model"]
)
def test_a_model_needs_two_classes(target):
    for drafts in ([], [draft(of="a"), draft(of="b")]):
        with pytest.raises(
            InputError,
            match=rf"^{target}: a model needs .* p\.ledger\.csv has {len(drafts)} labels? to train",
        ):
            require_model(standing(*drafts), ["--cores", "2", target])
    require_model(standing(draft(of="a"), draft(of="b", label="dog")), [target])


def test_it_says_why_there_are_no_labels_to_train_on():
    audit = [draft(of=name, event="audit", batch="audit01", who="activepool") for name in "abc"]
    answered = [draft(of=name, label="dog" if name == "a" else "cat") for name in "abc"]
    with pytest.raises(InputError) as caught:
        require_model(standing(*audit, *answered), ["predictions"])
    assert "0 labels to train on, and 3 of the audit set, which no model trains on" in str(caught.value)
    assert "all samples of the pool have gone out: add new ones" in str(caught.value)
    with pytest.raises(InputError, match="0 labels to train on; run next_batch, and have the batch labelled"):
        require_model(ProjectStanding(project(audit=9), standing().pool, []), ["predictions"])
    sending = draft(of="a", event="sent", batch="batch01", who="activepool")
    with pytest.raises(InputError, match="1 label to train on, all 'cat'; have batch01 labelled"):
        require_model(standing(draft(of="b"), sending), ["predictions"])


ROOMS = [
    (
        {"audit": 1000},
        "audit: the audit set would take 1,000 samples; 20 of the pool's 20 samples can go",
    ),
    ({"audit": 15}, "two batches of 3 must be left: set audit: 14 or less"),
    ({"audit_width": 0.06}, "two batches of 3 must be left: set audit_width to 0.47 or more"),
    ({"audit": 1, "batch": 10}, "two batches of 10 must be left: leave audit out"),
    ({"audit_width": 0.5, "batch": 9}, "two batches of 9 must be left: set audit_width to 0.82 or more"),
]


@pytest.mark.parametrize(("changes", "message"), ROOMS)
def test_an_audit_set_leaves_room_for_two_batches(changes, message):
    names = [sample(str(number)) for number in range(20)]
    pool = Pool(names, [1] * 20, names, {name: name for name in names})
    with pytest.raises(InputError, match=re.escape(message)):
        require_room(ProjectStanding(project(**changes), pool, []), "mine.yaml")
    require_room(ProjectStanding(project(audit=14), pool, []), "mine.yaml")
    # Also when it is made larger later.
    drawn = [draft(of=str(number), event="audit", batch="audit01", who="activepool") for number in range(12)]
    for audit in (10, 12, 14):
        require_room(ProjectStanding(project(audit=audit), pool, entries(*drawn)), "mine.yaml")
    with pytest.raises(InputError, match=r"and has 12; 8 of the pool's 20 .* set audit: 14 or less"):
        require_room(ProjectStanding(project(audit=15), pool, entries(*drawn)), "mine.yaml")


def test_an_audit_set_that_can_show_no_accuracy_gets_a_notice_before_it_goes_out():
    names = [sample(str(number)) for number in range(40)]
    pool = Pool(names, [1] * 40, names, {name: name for name in names})
    drawn = [draft(of=str(number), event="audit", batch="audit01", who="activepool") for number in range(10)]

    def notices_of(audit, *ledger):
        return "".join(audit_notices(ProjectStanding(project(audit=audit), pool, entries(*ledger))))

    assert notices_of(19).startswith(
        "audit: 19 is too few to show an accuracy, which takes 20 labels; give more"
    )
    assert notices_of(25, *drawn).startswith("audit: 15 is too few")
    assert notices_of(0) == notices_of(20) == notices_of(10, *drawn) == notices_of(30, *drawn) == ""


def test_a_named_folder_of_answers_that_is_missing_gets_a_notice_once_a_batch_is_out(capsys):
    sending = draft(of="a", event="sent", batch="batch01", who="activepool")

    def printed(*drafts, **changes):
        check_standing(
            ProjectStanding(project(**changes), standing().pool, entries(*drafts)), "mine.yaml", []
        )
        return capsys.readouterr().err

    assert printed(sending, returned="nope").startswith(
        "activepool: notice: returned: nope does not exist, so no answer is read; correct the key, or put"
    )
    assert printed(returned="nope") == printed(sending) == ""
    Path("nope").mkdir()
    assert printed(sending, returned="nope") == ""


def test_no_more_jobs_extract_than_there_are_photographs():
    names = [sample(str(number)) for number in range(20)]
    pool = Pool(names, [1] * 20, names, {name: name for name in names[:18]})
    message = "mine.yaml: features.shards: 19 jobs cannot share 18 images; with batches of 256, at most 1 "
    with pytest.raises(InputError, match=message):
        require_shared(ProjectStanding(project(features={"shards": 19}), pool, []), "mine.yaml")
    require_shared(ProjectStanding(project(features={"shards": 18}), pool, []), "mine.yaml")
    vectors = {"images": None, "embeddings": "v.npy", "backbone": None, "features": {"shards": 19}}
    require_shared(ProjectStanding(project(**vectors), pool, []), "mine.yaml")


def test_the_next_batch_needs_no_model():
    require_model(standing(), ["--cores", "2", "next_batch"])


@pytest.mark.parametrize("name", ["Ant", "\u0430nt", "an\u200bt"])
def test_a_class_that_the_ledger_writes_otherwise_is_named(name):
    pool = Pool([sample("a"), sample("b")], [1] * 2, ["a", "b"], {"a": sample("a"), "b": sample("b")})
    named = project(classes=[name, "bee"])
    labels = [draft(of="a", label="ant"), draft(of="b", label="ant")]
    with pytest.raises(InputError) as caught:
        require_same_spelling(ProjectStanding(named, pool, entries(*labels)), "mine.yaml")
    assert caught.value.args == (
        f"mine.yaml: classes: {name!a} is spelled almost like 'ant', which has 2 labels in p.ledger.csv; "
        "spell it the same way or, to rename the class, put corrections of all its labels into returned",
    )
    corrected = [draft(of=of, label=name, replaces=number) for of, number in (("a", 1), ("b", 2))]
    require_same_spelling(ProjectStanding(named, pool, entries(*labels, *corrected)), "mine.yaml")


def test_two_ways_of_unicode_write_one_class():
    settings = project(classes=["Ka\u0308fer", "bee"])
    labels = [draft(of="a", label="K\u00e4fer")]
    standing = ProjectStanding(settings, Pool([], [], [], {}), entries(*labels))
    require_same_spelling(standing, "mine.yaml")
    assert standing.state.classes == ("K\u00e4fer", "bee")
