"""CVAT: the list of a batch out; its XML back."""

import json

import pytest
from exports import HEAD, IMAGE, archive, file, tag, xml
from ledgers import pool
from reading import BATCH, CLASSES, POOL, labels_by_source, mistakes, read

from activepool.errors import InputError
from activepool.ledger.formats import cvat


def test_the_list_and_the_labels_of_a_task(tmp_path):
    cvat.write_list(tmp_path / "batch.txt", BATCH)
    assert (tmp_path / "batch.txt").read_text(encoding="utf-8") == "a/1.jpg\na/2.jpg\nc d/3.jpg\n"
    labels = json.loads(cvat.label_constructor(("cat", "skip")))
    assert [label["name"] for label in labels] == ["cat", "skip", "cannot_tell", "not_ours"]


@pytest.mark.parametrize("packed", [False, True])
def test_xml_comes_back(tmp_path, packed):
    text = xml(("a/1.jpg", tag("cat")), ("a/2.jpg", ""), ("c d/3.jpg", tag("skip")))
    path = archive(tmp_path, {"annotations.xml": text}) if packed else file(tmp_path, text)
    answers = read("cvat", path, POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat", "c d/3.jpg": ":skip"}, 1)


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_beside_the_xml_decide(tmp_path, packed):
    text = xml(("1.jpg", tag("cat")), ("c d/3.jpg", tag("dog")), ("a/2.jpg", tag("cat")))
    members = {"annotations.xml": text, "images/1.jpg": b"b/1.jpg", "images/c d/3.jpg": b"of another project"}
    if packed:
        path = archive(tmp_path, {f"export/{name}": content for name, content in members.items()})
    else:
        path = tmp_path / "export"
        (path / "images/c d").mkdir(parents=True)
        for name, content in members.items():
            (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    answers = read("cvat", path, POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"b/1.jpg": "cat", "a/2.jpg": "cat"}
    assert ["the picture is not 'c d/3.jpg' of the pool" in line for line in answers.mistakes] == [True]


@pytest.mark.parametrize("names", [("a/1.jpg", "a/2.jpg"), ("1.jpg", "2.jpg")])
@pytest.mark.parametrize("tool", ["cvat", "imagenet"])
def test_pictures_that_were_exchanged_are_a_mistake(tmp_path, tool, names):
    """A name that no image of the pool has says nothing."""
    members = dict(zip((f"images/{name}" for name in names), (b"a/2.jpg", b"a/1.jpg"), strict=True))
    members["images/renamed.jpg"] = b"c d/3.jpg"
    all_names = [*names, "renamed.jpg"]
    if tool == "cvat":
        members["annotations.xml"] = xml(*((name, tag("cat")) for name in all_names))
    else:
        members |= {"synsets.txt": "cat", "default.txt": "".join(f"{name} 0\n" for name in all_names)}
    answers = read(tool, archive(tmp_path, members), POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"c d/3.jpg": "cat"}
    first, second = answers.mistakes
    assert first.endswith(
        f"names different samples: its picture is 'a/2.jpg', and its name {names[0]!r}; export again, or "
        "without pictures if the names are right"
    )
    assert f"its picture is 'a/1.jpg', and its name {names[1]!r}" in second


@pytest.mark.parametrize("around", ["", "export/"])
def test_a_picture_lies_where_its_name_says(tmp_path, around):
    """Another of its name in a folder is no reason to doubt."""
    samples = pool("1.jpg", "a/1.jpg")
    members = {f"{around}annotations.xml": xml(("1.jpg", tag("cat")), ("a/1.jpg", tag("dog")))}
    members |= {f"{around}images/{name}": name.encode() for name in ("a/1.jpg", "1.jpg")}
    assert labels_by_source(read("cvat", archive(tmp_path, members), samples)) == {
        "1.jpg": "cat",
        "a/1.jpg": "dog",
    }


def test_a_name_whose_folders_the_tool_may_have_dropped(tmp_path):
    samples = pool("1.jpg", "a/1.jpg", "2.jpg")
    path = file(tmp_path, xml(("1.jpg", tag("cat")), ("2.jpg", tag("dog"))))
    message = mistakes("cvat", path, samples)
    assert ":5: '1.jpg' may be '1.jpg', 'a/1.jpg'; give the path" in message
    assert "or export with the pictures" in message
    assert labels_by_source(read("cvat", path, samples, skip_bad=True)) == {"2.jpg": "dog"}


def test_tags_of_a_model_are_not_labels(tmp_path):
    answers = read("cvat", file(tmp_path, xml(("a/1.jpg", tag("cat", "auto")))), POOL, CLASSES)
    assert (answers.drafts, answers.awaited) == ((), 1)
    assert "tags of the source 'auto' are a model's, and no labels: 1" in answers.notices[0]


def test_attributes_of_a_tag_are_not_labels(tmp_path):
    kind = '<tag label="cat" source="manual"><attribute name="kind">lynx</attribute></tag>'
    path = file(tmp_path, xml(("a/1.jpg", kind)))
    answers = read("cvat", path, POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert answers.notices == (f"{path}: tags have attributes, which are not labels: 'kind'",)


def test_all_mistakes_at_once_each_with_its_line(tmp_path):
    text = xml(
        ("a/1.jpg", tag("cat") + tag("dog")), ("1.jpg", tag("cat")), ("", tag("cat")), ("a/2.jpg", tag(""))
    )
    messages = mistakes("cvat", file(tmp_path, text)).split("\n")
    for line, words in zip(
        messages,
        [
            ".xml:5: 'a/1.jpg' has several tags, 'cat', 'dog'; keep one",
            ".xml:6: '1.jpg' may be 'a/1.jpg', 'b/1.jpg'",
            ".xml:7: is an image without a name; export it again",
            ".xml:8: 'a/2.jpg' has a tag without a label",
            "nothing was taken",
        ],
        strict=True,
    ):
        assert words in line


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ('<c:tag xmlns:c="urn:c" label="cat"/>', "has <c:tag> in <image>"),
        ('<Tag label="cat"/>', "has <Tag> in <image>"),
        ('<tags><tag label="cat"/></tags>', "has <tags> in <image>"),
        ('<tag label="cat"><tag label="dog"/></tag>', "has <tag> in <tag>"),
        ('<meta><tag label="cat"/></meta>', "has <meta> in <image>"),
        ('<tag label=" "/>', "'a/1.jpg' has a tag without a label"),
        ("<tag>cat</tag>", "'a/1.jpg' has a tag without a label"),
        ("cat", "'cat' stands in no tag; export it again"),
    ],
)
def test_a_tag_that_stands_elsewhere_is_not_awaited(tmp_path, inside, words):
    path = file(tmp_path, xml(("a/2.jpg", tag("cat")), ("a/1.jpg", inside)))
    assert mistakes("cvat", path).split("\n")[0].startswith(f"{path}:6: {words}")
    assert read("cvat", path, POOL, CLASSES, skip_bad=True).drafts[0].source == "a/2.jpg"


def test_images_that_stand_elsewhere_are_not_passed_over(tmp_path):
    text = xml(("a/2.jpg", tag("cat")), ("a/1.jpg", tag("cat")))
    path = file(
        tmp_path,
        text.replace('<image id="1"', '<images><image id="1"').replace("</annot", "</images></annot"),
    )
    assert mistakes("cvat", path).split("\n")[0] == (
        f"{path}:6: has <images> in <annotations>, which no export has; export it again"
    )


def test_an_image_without_a_name_is_not_awaited(tmp_path):
    path = file(
        tmp_path, xml(("a/2.jpg", tag("cat")), ("a/1.jpg", "")).replace(' name="a/1.jpg"', ' Name="a/1.jpg"')
    )
    assert mistakes("cvat", path).split("\n")[0] == f"{path}:6: is an image without a name; export it again"


def test_skeletons_and_attributes_are_known(tmp_path):
    skeleton = '<skeleton label="s"><points label="p"><attribute name="a">1</attribute></points></skeleton>'
    inside = skeleton + '<tag label="cat"><attribute name="sure">yes</attribute></tag>'
    assert labels_by_source(read("cvat", file(tmp_path, xml(("a/1.jpg", inside))), POOL, CLASSES)) == {
        "a/1.jpg": "cat"
    }


def test_elements_nested_deep_are_one_mistake(tmp_path):
    deep = 200_000
    path = file(tmp_path, xml(("a/1.jpg", tag("cat") + "<a>" * deep + "</a>" * deep)))
    answers = read("cvat", path, POOL, CLASSES, skip_bad=True)
    assert answers.mistakes == (f"{path}:5: has <a> in <image>, which no export has; export it again",)
    in_meta = HEAD.replace("<task>", "<a>" * deep + "</a>" * deep + "<task>")
    path = file(
        tmp_path, in_meta + IMAGE.format(number=0, name="a/1.jpg", inside=tag("cat")) + "</annotations>"
    )
    assert labels_by_source(read("cvat", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}


BOMB = """<?xml version="1.0"?>
<!DOCTYPE annotations [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<annotations><image name="&b;"/></annotations>
"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("[]", "is damaged XML"),
        (xml(("a/1.jpg", tag("cat")))[:-20], "is damaged XML"),
        (BOMB, ":2: declares a document type, which no export has"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares a document type"),
        ("<!DOCTYPE html><html></html>", "is a web page, such as of a login or an error, and not XML"),
        ("<html><body>login</body></html>", "begins with <html>, not <annotations>"),
        ('<annotations><track id="0" label="cat"/></annotations>', "is of a video"),
        (HEAD + "</annotations>", "has no sample in it"),
        ('<?xml version="1.0" encoding="nonsense"?><annotations/>', "is"),
        (xml(("ä.jpg", "")).encode("latin-1"), "is damaged XML (not well-formed (invalid token))"),
        (xml(("a", "")).encode("utf-16"), "not UTF-8"),
    ],
)
def test_damaged_xml(tmp_path, content, words):
    with pytest.raises(InputError) as caught:
        read("cvat", file(tmp_path, content), POOL)
    assert words in str(caught.value)
    assert len(caught.value.args) == 1


def test_an_archive_without_the_xml(tmp_path):
    with pytest.raises(InputError, match=r"has 0 files annotations.xml, not one"):
        read("cvat", archive(tmp_path, {"a.txt": ""}), POOL)


def test_a_shape_is_not_a_tag(tmp_path):
    box = '<box label="cat" source="{}" xtl="1" ytl="1" xbr="3" ybr="3"></box>'
    mask = '<mask label="cat" source="manual" rle="1"><attribute name="a">b</attribute></mask>'
    path = file(
        tmp_path,
        xml(
            ("a/1.jpg", box.format("manual") + mask),
            ("b/1.jpg", box.format("manual") + tag("dog")),
            ("a/2.jpg", box.format("auto")),
        ),
    )
    answers = read("cvat", path, POOL, CLASSES, skip_bad=True)
    assert (labels_by_source(answers), answers.awaited) == ({"b/1.jpg": "dog"}, 1)
    assert answers.notices == (f"{path}: images with shapes; only their tags count: 1",)
    assert answers.mistakes == (f"{path}:5: 'a/1.jpg' has box, mask and no tag; label with tags",)


@pytest.mark.parametrize(
    ("tool", "members", "place"),
    [
        ("imagenet", {"synsets.txt": "cat\n", "default.txt": "1.jpg 0\n"}, "default.txt:1"),
        ("imagenet", {"synsets.txt": "cat\n", "default.txt": "1 0\n"}, "default.txt:1"),
        ("cvat", {"annotations.xml": xml(("1.jpg", tag("cat")))}, "annotations.xml:5"),
    ],
)
def test_several_pictures_of_one_name_are_ambiguous(tmp_path, tool, members, place):
    samples = pool("e.jpg", "1.jpg")
    pictures = {"x/1.jpg": b"another picture", "y/1.jpg": b"one more"}
    name = "1" if "1 0" in str(members) else "1.jpg"
    path = archive(tmp_path, members | pictures)
    messages, _ = mistakes(tool, path, samples).split("\n")
    assert messages == (
        f"{path}: {place}: {name!r} may be any of several pictures of the file, 'x/1.jpg', 'y/1.jpg'; export "
        "with the paths of the pictures, or without pictures"
    )
    earlier = {(samples.samples[1], "annotator", "label", "cat")}
    answers = read(tool, path, samples, CLASSES, earlier=earlier)
    assert answers.num_past_mistakes == 1
