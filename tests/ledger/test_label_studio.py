"""Label Studio: tasks out; JSON, JSON-MIN and CSV back."""

import json
from xml.etree import ElementTree

import pytest
from reading import BATCH, CLASSES, POOL, labels_by_source, mistakes, read

from activepool.errors import InputError
from activepool.ledger.formats import label_studio
from activepool.ledger.formats.typed_classes import ClassNames


def chosen(*choices, control="choice"):
    value = {"choices": list(choices)}
    return {"value": value, "id": "x1", "from_name": control, "to_name": "image", "type": "choices"}


def annotation(*choices, by=1, cancelled=False, **more):
    return {
        "id": 7,
        "completed_by": by,
        "result": [chosen(*choices)] if choices else [],
        "was_cancelled": cancelled,
        "ground_truth": False,
        "created_at": "2026-11-28T09:00:00.123456Z",
        "updated_at": "2026-11-28T10:30:00.123456+01:00",
        "lead_time": 2.5,
        **more,
    }


def task(number, *annotations, **data):
    fields = {"sample": POOL.samples[number], "source": POOL.sources[number], "batch": "1"}
    return {
        "id": 100 + number,
        "data": {"image": f"/data/upload/1/0a1b2c3d-{number}.jpg", **fields, **data},
        "annotations": list(annotations),
        "predictions": [5],
        "drafts": [],
    }


def file(tmp_path, content, name="export.json"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_tasks_of_a_batch(tmp_path):
    path = tmp_path / "tasks.json"
    label_studio.write(path, BATCH, lambda source: f"/data/local-files/?d=photographs/{source}")
    first, _, last = json.loads(path.read_text(encoding="utf-8"))
    assert first["data"]["image"] == "/data/local-files/?d=photographs/a/1.jpg"
    assert (first["data"]["sample"], first["data"]["source"]) == (POOL.samples[0], "a/1.jpg")
    assert first["predictions"][0]["score"] == 0.5
    assert first["predictions"][0]["result"][0]["value"] == {"choices": ["cat"]}
    assert "predictions" not in last


def test_the_labelling_configuration_offers_all_classes():
    view = ElementTree.fromstring(label_studio.labelling_configuration(("cat", 'a "b" <c> & d')))
    assert [choice.get("value") for choice in view.iter("Choice")] == [
        "cat",
        'a "b" <c> & d',
        "cannot_tell",
        "not_ours",
    ]


def test_json_comes_back(tmp_path):
    tasks = [
        task(0, annotation("cat", by={"id": 1, "email": "anna@lab.org"}), annotation("dog", by=2)),
        task(1, annotation(cancelled=True)),
        task(2),
        task(3, annotation("not_ours")),
    ]
    answers = read("label_studio", file(tmp_path, tasks), POOL, CLASSES)
    assert [(draft.source, draft.who, draft.label, draft.event) for draft in answers.drafts] == [
        ("a/1.jpg", "anna@lab.org", "cat", "label"),
        ("a/1.jpg", "label_studio user 2", "dog", "label"),
        ("b/1.jpg", "label_studio user 1", "", "skip"),
        ("c d/3.jpg", "label_studio user 1", "", "not_ours"),
    ]
    assert answers.awaited == 1
    assert {draft.when for draft in answers.drafts} == {"2026-11-28T09:30:00Z"}
    assert {draft.batch for draft in answers.drafts} == {"1"}


def test_a_draft_does_not_count(tmp_path):
    tasks = [{**task(0), "drafts": [{"result": []}]}, {**task(1, annotation("cat")), "drafts": [3]}]
    answers = read("label_studio", file(tmp_path, tasks), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"b/1.jpg": "cat"}, 1)
    assert "tasks with a draft that nobody has submitted: 1; it does not count" in answers.notices[0]


@pytest.mark.parametrize(
    ("accepted", "counts"), [((False,), False), ((False, True), True), ((True, False), False)]
)
def test_what_a_reviewer_rejected_does_not_count(tmp_path, accepted, counts):
    reviews = [
        {"accepted": is_accepted, "created_at": f"2026-11-2{day}"} for day, is_accepted in enumerate(accepted)
    ]
    for order in (reviews, reviews[::-1]):
        path = file(
            tmp_path, [task(0, annotation("cat", reviews=order)), task(1, annotation("dog", reviews=[]))]
        )
        answers = read("label_studio", path, POOL, CLASSES)
        assert labels_by_source(answers) == {"b/1.jpg": "dog"} | ({"a/1.jpg": "cat"} if counts else {})
        assert answers.awaited == (not counts)
        message = f"{path}: annotations that a reviewer rejected, which do not count: 1"
        assert (message in answers.notices) == (not counts)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("annotation_id,source,choice\n1,a/1.jpg,dog", "label 'dog' may be the beginning of 'dogfish'"),
        (
            "annotation_id,choice,source,annotator\n1,cat,b/1.jpg,12\n1,dog,a/1.jpg,1",
            "the annotator 'label_studio user 1' may be the beginning of 'label_studio user 12'",
        ),
    ],
)
def test_a_table_that_may_be_cut_off(tmp_path, columns, words):
    classes = ClassNames(("cat", "dog", "dogfish"))
    path = tmp_path / "export.csv"
    path.write_text(columns)
    assert f"export.csv:{columns.count(chr(10)) + 1}: {words}" in mistakes(
        "label_studio", path, classes=classes
    )
    path.write_text(f"{columns}\n")
    assert labels_by_source(read("label_studio", path, POOL, classes))["a/1.jpg"] == "dog"


def test_what_a_reviewer_fixed_counts(tmp_path):
    """The results of the annotation may still be those of before, and so may those of a skip."""
    fixed = {"fixed_annotation_history_result": annotation("dog")["result"], "accepted": True}
    reviews = [{"accepted": False, "created_at": "2026-11-21T09:00:00Z"}]
    reviews.append({**fixed, "created_at": "2026-11-22T09:00:00Z"})
    early = dict.fromkeys(("created_at", "updated_at"), "2026-11-20T09:00:00Z")
    tasks = [task(0, annotation("cat", reviews=reviews, **early))]
    tasks.append(task(1, annotation("dog", reviews=reviews)))
    tasks.append(task(2, annotation(cancelled=True, reviews=reviews)))
    tasks.append(task(3, annotation("cat", reviews=[{**fixed, "accepted": False}])))
    path = file(tmp_path, tasks)
    answers = read("label_studio", path, POOL, CLASSES)
    assert labels_by_source(answers) == dict.fromkeys(("a/1.jpg", "b/1.jpg", "a/2.jpg"), "dog")
    assert answers.drafts[0].when.startswith("2026-11-22T09:00")
    assert f"{path}: annotations that a reviewer fixed, so that the fix counts: 2" in answers.notices


def test_the_choice_of_another_control_is_not_a_label(tmp_path):
    """Each form of an export says so in the same words."""
    tasks = [task(0, annotation("cat")), task(1, annotation())]
    quality = {"from_name": "quality", "type": "choices", "value": {"choices": ["blurred"]}}
    tasks[0]["annotations"][0]["result"].append(quality)
    records = [short(0, choice="cat", quality="blurred", sex=""), short(1, choice="")]
    cells = {
        "annotation_id": "5",
        "choice": "cat",
        "quality": "blurred",
        "sex": "",
        "sample": POOL.samples[0],
    }
    table = "\n".join([",".join(cells), ",".join(cells.values()), f",,,,{POOL.samples[1]}"]) + "\n"
    for content in (tasks, records, table):
        path = file(tmp_path, content)
        answers = read("label_studio", path, POOL, CLASSES)
        assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat"}, 1)
        assert answers.notices[0] == f"{path}: only 'choice' holds labels; passed over: 'quality'"


def test_one_control_holds_the_labels_of_a_whole_file(tmp_path):
    """The choice for another control is no label of a task that lacks one."""
    tasks = [task(0, annotation("cat")), task(2, annotation(result=[chosen("dog", control="second_guess")]))]
    path = file(tmp_path, tasks)
    assert mistakes("label_studio", path).split("\n")[0] == (
        f"{path}: task 2: has a choice for 'second_guess' and none for 'choice', which holds the labels; "
        "choose there, too"
    )
    answers = read("label_studio", path, POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert answers.notices[0] == f"{path}: only 'choice' holds labels; passed over: 'second_guess'"


def test_the_only_control_of_another_name_holds_the_labels(tmp_path):
    tasks = [task(0, annotation(result=[chosen("cat", control="animal")])), task(2, annotation())]
    answers = read("label_studio", file(tmp_path, tasks), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat"}, 1)
    tasks[1] = task(2, annotation(result=[chosen("red", control="colour")]))
    path = file(tmp_path, tasks)
    with pytest.raises(InputError) as caught:
        read("label_studio", path, POOL, CLASSES, skip_bad=True)
    assert caught.value.args == (
        f"{path}: has no control 'choice', and any of 'animal', 'colour' may hold the labels; call the "
        "control of the labelling configuration 'choice'",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"was_cancelled": "false"}, "was_cancelled is a text; it must be true or false"),
        ({"was_cancelled": 1}, "was_cancelled is the number 1; it must be true or false"),
        ({"skipped": "true"}, "skipped is a text; it must be true or false"),
        ({"result": None}, "lacks its results; export it again"),
        ({"result": [chosen("")]}, "has an annotation without a class; choose one"),
        ({"result": [chosen(" ")]}, "has an annotation without a class; choose one"),
        ({"result": [chosen(None)]}, "has null for a label; it must be the name of a class"),
    ],
)
def test_an_annotation_that_is_not_an_answer_is_a_mistake(tmp_path, changes, words):
    message = mistakes(
        "label_studio", file(tmp_path, [task(0, annotation("cat")), task(1, annotation(**changes))])
    )
    assert "task 2: " in message.split("\n")[0]
    assert words in message


def test_a_task_without_annotations_is_awaited_as_it_was_imported(tmp_path):
    plain = task(1)
    imported = {key: plain[key] for key in ("id", "data", "predictions")}
    answers = read("label_studio", file(tmp_path, [task(0, annotation("cat")), imported]), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat"}, 1)
    annotated = imported | {"Annotations": [annotation("cat")]}
    assert "task 1: is not a task with 'data' and a list of 'annotations'" in mistakes(
        "label_studio", file(tmp_path, [annotated])
    )


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({"Choices": ["cat"]}, "has an object for a label"),
        ('{"Choices": ["cat"]}', "has an object for a label"),
        ({"choices": None}, "has null for a label"),
        ([None], "has null for a label"),
        (False, "has true or false for a label"),
    ],
)
def test_a_record_with_a_null_label_is_a_mistake(tmp_path, label, words):
    records = [short(0, choice="cat"), short(1, choice=label)]
    assert f"task 2: {words}; it must be the name of a class" in mistakes(
        "label_studio", file(tmp_path, records)
    )


def test_a_table_that_repeats_its_header(tmp_path):
    header = "annotation_id,annotator,choice,sample\n"
    row = f"5,1,cat,{POOL.samples[0]}\n"
    path = file(tmp_path, header + row + header, "export.csv")
    assert mistakes("label_studio", path).split("\n")[0] == f"{path}:3: repeats the header; remove the line"


def test_a_task_skipped_and_later_labelled_is_labelled(tmp_path):
    tasks = [task(0, annotation(cancelled=True), annotation("cat"))]
    assert labels_by_source(read("label_studio", file(tmp_path, tasks), POOL, CLASSES)) == {"a/1.jpg": "cat"}


def test_the_later_annotation_of_a_user_counts(tmp_path):
    """Times alone tell, not the order in the file."""
    early, late = {"updated_at": "2026-11-28T09:00:00Z"}, {"updated_at": "2026-11-28T10:00:00Z"}
    tasks = [
        task(0, annotation("dog", **late), annotation("cat", **early)),
        task(1, annotation("dog", **late), annotation(cancelled=True, **early)),
        task(2, annotation(cancelled=True, **late), annotation("dog", **early)),
        task(3, annotation("dog", **late), annotation("cat", by=2, **early)),
    ]
    answers = read("label_studio", file(tmp_path, tasks), POOL, CLASSES)
    assert [(draft.source, draft.who[-1], draft.label or draft.event) for draft in answers.drafts] == [
        ("a/1.jpg", "1", "dog"),
        ("b/1.jpg", "1", "dog"),
        ("a/2.jpg", "1", "skip"),
        ("c d/3.jpg", "1", "dog"),
        ("c d/3.jpg", "2", "cat"),
    ]
    path = file(tmp_path, [short(0, choice="dog", **late), short(0, choice="cat", **early)])
    assert labels_by_source(read("label_studio", path, POOL, CLASSES)) == {"a/1.jpg": "dog"}
    path = file(tmp_path, [task(0, annotation("dog"), annotation("cat"))])
    assert "user 1 says 'cat' of 'a/1.jpg', but 'dog' at" in mistakes("label_studio", path)


def test_unparsable_addresses_and_labels_cause_no_traceback(tmp_path):
    tasks = [
        {"id": 1, "data": {"image": "http://[a/2.jpg"}, "annotations": [annotation("cat")]},
        {"id": 2, "data": {"image": 7}, "annotations": [annotation("cat")]},
    ]
    message = mistakes("label_studio", file(tmp_path, tasks))
    assert "task 2: names no sample" in message
    records = [short(0, choice="[" * 100_000), short(1, choice="[nothing]")]
    message = mistakes("label_studio", file(tmp_path, records))
    assert "has 100,000 characters; give the name of a class" in message
    assert "label '[nothing]' is a list or an object, as programs write it" in message


def short(number, **more):
    data = task(number)["data"]
    return {**data, "id": number, "annotator": 1, "annotation_id": 5, "lead_time": 2.0, **more}


def test_json_min_comes_back(tmp_path):
    records = [short(0, choice="cat"), short(1), short(2, choice={"choices": ["dog"]}), short(3, choice="")]
    answers = read("label_studio", file(tmp_path, records), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat", "a/2.jpg": "dog"}, 2)


def test_a_control_of_another_name_is_found_if_there_is_one(tmp_path):
    path = file(tmp_path, [short(0, animal="cat")])
    assert labels_by_source(read("label_studio", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}
    assert "any of 'animal', 'colour' may hold the labels" in mistakes(
        "label_studio", file(tmp_path, [short(0, animal="cat", colour="red")])
    )


@pytest.mark.parametrize("quote", ['"', ""])
def test_csv_comes_back(tmp_path, quote):
    rows = [
        ["annotation_id", "annotator", "choice", "id", "image", "sample", "source"],
        ["5", "1", "cat", "1", "/data/upload/1/0a1b2c3d-1.jpg", POOL.samples[0], "a/1.jpg"],
        ["", "", "", "2", "/data/upload/1/0a1b2c3d-2.jpg", POOL.samples[2], "a/2.jpg"],
    ]
    text = "".join(",".join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)
    answers = read("label_studio", file(tmp_path, text, "export.csv"), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat"}, 1)
    assert answers.drafts[0].who == "label_studio user 1"
    repeated = text.replace(f"{quote}cat{quote}", '"{""choices"": [""cat""], ""choices"": [""dog""]}"')
    assert "is a list or an object, as programs write it" in mistakes(
        "label_studio", file(tmp_path, repeated, "export.csv")
    )
    several = text.replace(f"{quote}cat{quote}", '"{""choices"": [""cat"", ""dog""]}"')
    assert 'chose several, ["cat", "dog"]; choose one' in mistakes(
        "label_studio", file(tmp_path, several, "export.csv")
    )


def test_all_mistakes_at_once_each_with_its_task(tmp_path):
    tasks = [
        task(0, annotation("cat", "dog")),
        task(1, annotation(3)),
        "text",
        {"data": {"image": "a/2.jpg"}, "annotations": None},
        task(2, "text"),
        task(0, annotation("dog"), sample="f" * 64),
        task(2, annotation("Cat")),
        task(2, annotation(result=[{"type": "choices", "value": {"choices": []}}])),
        task(2, annotation(result=[{"type": "rectanglelabels", "value": {"rectanglelabels": ["cat"]}}])),
    ]
    messages = mistakes("label_studio", file(tmp_path, tasks)).split("\n")
    for number, (line, words) in enumerate(
        zip(
            messages,
            [
                'label_studio user 1 chose several, ["cat", "dog"]; choose one',
                "has the number 3 for a label; it must be the name of a class",
                "is not a task with 'data' and a list of 'annotations'",
                "is not a task with 'data' and a list of 'annotations'",
                "has an annotation that is a text",
                "no image of the pool has the content ffffffffffff...",
                "label 'Cat' is spelled almost like the class 'cat'",
                "has an annotation without a class; choose one, or delete the annotation",
                "has rectanglelabels and no choice; label with <Choices>",
                "nothing was taken from this file",
            ],
            strict=True,
        ),
        start=1,
    ):
        assert words in line
        assert f"export.json: task {number}: " in line or number == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; export it again"),
        ("[]", "has no sample in it"),
        ("{}", "must be a list of tasks, and is an object"),
        ("<!DOCTYPE html><html></html>", "is a web page, such as of a login"),
        ('[{"data": {"image"', ":1: ends in the middle; export it again"),
        ('[{"data": "a', ":1: ends in the middle"),
        ('[\n{"data" 1}]', ":2: is not JSON (Expecting ':' delimiter)"),
        ('[{"data": {"image": NaN}}]', "NaN is not a JSON value"),
        ('[{"id": 1, "id": 2}]', "has the key 'id' twice in one object"),
        ("[" * 100_000, "is nested too deep"),
        ("[1" + "0" * 5000 + "]", "is not JSON (a number has too many digits); export it again"),
    ],
)
def test_damaged_files(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read("label_studio", file(tmp_path, text), POOL)
    assert words in str(caught.value)
