"""The configuration of a project: what is accepted, and the line that each mistake gets."""

import copy

import pytest
import yaml

from activepool.errors import InputError
from planning.configuration.loading import load_project

VALID = """
project: beetles
images: photos
classes: [ant, bee]
backbone: {architecture: identity, image_size: 8}
strategy: margin
first_strategy: coreset
batch: 50
audit: 200
"""


def loaded(text=VALID, **changes):
    raw = {**yaml.safe_load(text), **changes}
    return load_project({key: value for key, value in raw.items() if value != "DROP"}, "mine.yaml")


def problems(text=VALID, **changes):
    with pytest.raises(InputError) as caught:
        loaded(text, **changes)
    return str(caught.value).splitlines()


def test_the_defaults():
    project = load_project({"project": "beetles", "embeddings": "v.npy", "batch": 5}, "mine.yaml")
    assert project.strategy.strategy == "margin"
    assert project.first_strategy.strategy == "maxherding"
    assert (project.ledger_path, project.returned) == ("beetles.ledger.csv", "returned")
    assert (project.audit_size, project.go_on, project.new_classes) == (0, False, True)
    assert (project.classes, project.ask_again, project.backbone_name) == ([], [], "given")


def test_what_is_given():
    project = loaded(
        ledger="labels/all.csv", ask_again="skipped", strategy={"strategy": "typiclust", "neighbours": 7}
    )
    assert (project.ledger_path, project.ask_again) == ("labels/all.csv", ["skipped"])
    assert (project.strategy.strategy, project.strategy.options["neighbours"]) == ("typiclust", 7)
    assert (project.backbone_name, project.audit_size) == ("identity", 200)


def test_numbers_and_switches_may_be_text_as_on_the_command_line():
    project = loaded(batch="7", go_on="true", seed="3")
    assert (project.batch, project.go_on, project.seed) == (7, True, 3)


def test_the_width_of_the_interval_sets_the_size_of_the_audit_set():
    assert 360 < loaded(audit="DROP", audit_width=0.1).audit_size < 400


MISTAKES = [
    ({"project": "DROP"}, "project: is missing"),
    ({"project": "a/b"}, "project: may have only the letters A to Z and a to z, digits"),
    ({"project": "features"}, "project: 'features' is the name of a folder or file that all"),
    ({"project": 7}, "project: input should be a valid string (given: 7); put it in quotes"),
    ({"batch": "DROP"}, "batch: is missing"),
    ({"batch": 0}, "batch: input should be greater than or equal to 1 (given: 0)"),
    ({"batch": True}, "batch: input should be a number, not true or false (given: True)"),
    ({"batch": False}, "batch: input should be a number, not true or false (given: False)"),
    ({"batch": 2.5}, "batch: input should be a valid integer"),
    ({"batch": "fifty"}, "batch: input should be a valid integer"),
    ({"bach": 3}, "bach: unknown key; did you mean 'batch'?"),
    ({"budget": 3}, "budget: unknown key; the keys here are project, images"),
    ({"experiment": "trial"}, "experiment: unknown key"),
    ({"images": ""}, "images: string should have at least 1 character"),
    ({"audit": -1}, "audit: input should be greater than or equal to 0"),
    ({"audit_width": 0.1}, "give 'audit' (a number) or 'audit_width', not both"),
    ({"audit": 0, "audit_width": 1.5}, "audit_width: input should be less than 1"),
    ({"embeddings": "v.npy"}, "give 'images' (a folder, or a CSV with the column path) or 'embeddings'"),
    ({"images": "DROP"}, "give 'images' (a folder, or a CSV with the column path) or 'embeddings'"),
    ({"images": "DROP", "embeddings": "v.npy", "folders": True}, "'folders' copies pictures, and embeddings"),
    ({"classes": ["ant", "ant"]}, "classes: 'ant' is listed twice; list it once"),
    ({"classes": ["ant", ""]}, "classes: '' is not a class name; give a word"),
    (
        {"classes": ["ant", " bee"]},
        "classes: ' bee' is not a class name; give a word that neither begins nor ends with a blank",
    ),
    (
        {"classes": ["ant", "NaN"]},
        "classes: 'NaN' is not a class name; give a word that does not read like a missing value",
    ),
    (
        {"classes": ["ant", "be\ne"]},
        r"classes: 'be\ne' is not a class name; give a word without control characters",
    ),
    (
        {"classes": ["?", "cat", "Cat", "", 3, None, "skip", "cat"], "new_classes": False},
        "classes: entry 5 is 3, not text; put it in quotes; and entry 6 is empty; remove it; and '?' is "
        "already an answer, cannot_tell; give the class another name; and '' is not a class name; give a "
        "word; and 'skip' is already an answer, skip; give the class another name; and 'cat' is listed "
        "twice; list it once; and the class 'Cat' is spelled almost like 'cat'; did you mean that?",
    ),
    ({"classes": ["ant", "Ant"]}, "classes: "),
    *(
        (
            {"classes": ["ant", name]},
            f"classes: {name!r} is already an answer, {event}; give the class another",
        )
        for name, event in [
            ("cannot_tell", "cannot_tell"),
            ("Can't tell", "cannot_tell"),
            ("Skip", "skip"),
            ("not ours", "not_ours"),
        ]
    ),
    ({"classes": ["ant", "\u0430nt"]}, "classes: the class '\\u0430nt' is spelled almost like 'ant'"),
    ({"classes": ["K\u00e4fer", "Ka\u0308fer"]}, "classes: 'Käfer' is listed twice; list it once"),
    ({"classes": "ant"}, "classes: input should be a valid list"),
    ({"classes": ["ant"], "new_classes": False}, "with new_classes: false, give two classes or more"),
    (
        {"classes": [False, True]},
        "classes: entry 1 is False, not text; put it in quotes; and entry 2 is True, not text; put it",
    ),
    ({"strategy": "margn"}, "strategy: strategy 'margn' does not exist; did you mean 'margin'?"),
    ({"strategy": {"strategy": "margin", "size": 3}}, "strategy: margin has no options; leave out 'size'"),
    ({"strategy": "balanced_random"}, "strategy: needs labels that nobody has given yet; choose another"),
    (
        {"strategy": {"strategy": "vaal", "image_size": 16}},
        "strategy: trains a model of its own on images, for simulations only; choose another",
    ),
    ({"first_strategy": "margin"}, "first_strategy: learns from labels, and there are none at first"),
    ({"first_strategy": "badge"}, "first_strategy: learns from labels, and there are none at first"),
    ({"first_strategy": "balanced_random"}, "first_strategy: needs labels that nobody has given yet"),
    ({"ask_again": ["labelled"]}, "ask_again: input should be 'awaited', 'disputed', 'cannot_tell' or"),
    ({"ask_again": "often"}, "ask_again: input should be 'awaited', 'disputed', 'cannot_tell' or"),
    ({"on_unreadable": "ignore"}, "on_unreadable: input should be 'stop' or 'skip'"),
    ({"exif": "no"}, "exif: input should be 'ignore' or 'apply'"),
    ({"device": "gpu"}, "device: must be auto, cpu, cuda or cuda:0"),
    ({"returned": ""}, "returned: string should have at least 1 character"),
    (
        {"backbone": "resnet50"},
        "backbone: input should be a section with keys of its own (given: 'resnet50'); its "
        "keys are architecture, ",
    ),
    (
        {"backbone": {"architecture": "resnt50"}},
        "backbone.architecture: 'resnt50' is not known (did you mean 'resnet50'?)",
    ),
    ({"backbone": {"architecture": "identity", "size": 8}}, "backbone.size: unknown key; the keys here are"),
    ({"features": {"dtype": "int8"}}, "features.dtype: input should be 'float16' or 'float32'"),
    ({"label_studio": {"adress": "/"}}, "label_studio.adress: unknown key; did you mean 'address'?"),
    ({"projekt": "x"}, "projekt: unknown key; did you mean 'project'? It is given, too; leave one of"),
    (
        {"label_studio": {"address": "/", "adress": "/"}},
        "label_studio.adress: unknown key; did you mean 'address'? It is given, too; leave one of",
    ),
    ({"label_studio": {"address": "my server"}}, "label_studio.address: must begin with / or"),
    ({"label_studio": {"address": "https:/a.example/"}}, "label_studio.address: must begin with / or a"),
    ({"label_studio": {"address": ""}}, "label_studio.address: must begin with / or a protocol such as"),
    ({"label_studio": {"address": "/d/?d=my photos/"}}, "label_studio.address: has a blank; write %20"),
    (
        {"label_studio": {"address": "https://a.example/photos"}},
        "label_studio.address: must end in / or =, because the path of a photograph follows "
        "(given: 'https://a.example/photos')",
    ),
    ({"seed": -1}, "seed: input should be greater than or equal to 0"),
    ({"go_on": "maybe"}, "go_on: input should be true or false (given: 'maybe')"),
]


@pytest.mark.parametrize(("changes", "line"), MISTAKES, ids=lambda value: str(value)[:50])
def test_each_mistake_gets_its_line(changes, line):
    lines = problems(**changes)
    assert any(problem.startswith(f"mine.yaml: {line}") for problem in lines), lines
    assert all(problem.startswith("mine.yaml: ") for problem in lines)


def test_wrong_classes_are_not_called_missing():
    assert len(problems(classes=["ant", 3], new_classes=False)) == 1


def test_embeddings_with_mistakes_are_not_missing():
    changes = {"images": "DROP", "backbone": "DROP", "embeddings": {"pth": "v.npy"}}
    assert problems(**changes) == [
        "mine.yaml: embeddings.path: is missing",
        "mine.yaml: embeddings.pth: unknown key; did you mean 'path'?",
    ]


def test_all_mistakes_are_reported_at_once():
    changes = {"batch": 0, "strategy": "margn", "clases": [], "audit": "many", "exif": "maybe", "seed": "x"}
    text = "\n".join(problems(**changes))
    assert len(text.splitlines()) == len(changes)
    for key in ("batch", "strategy", "clases", "audit", "exif", "seed"):
        assert f"mine.yaml: {key}: " in text


@pytest.mark.parametrize("value", [None, [], {}, "", 0, -1, 1e400, "text", [None], {"a": {}}, True, "\0"])
@pytest.mark.parametrize("key", [*yaml.safe_load(VALID), "returned", "ledger", "ask_again", "label_studio"])
def test_whatever_stands_at_a_key_is_accepted_or_gets_a_line(key, value):
    try:
        loaded(**{key: copy.deepcopy(value)})
    except InputError as error:
        assert all(line.startswith("mine.yaml: ") for line in str(error).splitlines())


def test_the_first_strategies_are_listed_from_their_declarations():
    (line,) = problems(first_strategy="margin")
    assert "choose coreset, kmeans, lcmd, maxherding, probcover, random or typiclust" in line
