"""CVAT: the list of a batch out; XML and ImageNet archives back."""

import json
import struct
import zipfile

import pytest
from ledgers import pool
from reading import BATCH, CLASSES, POOL, images, mistakes, said

from activepool.errors import InputError
from activepool.ledger.formats import READERS, archives, cvat, read
from activepool.ledger.formats.answers import answers_of
from activepool.ledger.formats.typed_classes import ClassNames

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>batch 1</name><labels><label><name>cat</name></label></labels></task></meta>
"""

IMAGE = '  <image id="{number}" name="{name}" width="640" height="480">{inside}</image>\n'


def tag(label, source="manual"):
    return f'<tag label="{label}" source="{source}"></tag>'


def xml(*images):
    return (
        HEAD
        + "".join(
            IMAGE.format(number=number, name=name, inside=inside)
            for number, (name, inside) in enumerate(images)
        )
        + "</annotations>\n"
    )


def file(tmp_path, content, name="annotations.xml"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def archive(tmp_path, members, name="export.zip", compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", compression) as opened:
        for member, content in members.items():
            opened.writestr(member, content)
    return path


def test_the_list_and_the_labels_of_a_task(tmp_path):
    cvat.write_list(tmp_path / "batch.txt", BATCH)
    assert (tmp_path / "batch.txt").read_text(encoding="utf-8") == "a/1.jpg\na/2.jpg\nc d/3.jpg\n"
    labels = json.loads(cvat.label_constructor(("cat", "skip")))
    assert [one["name"] for one in labels] == ["cat", "skip", "cannot_tell", "not_ours"]


@pytest.mark.parametrize("packed", [False, True])
def test_xml_comes_back(tmp_path, packed):
    text = xml(("a/1.jpg", tag("cat")), ("a/2.jpg", ""), ("c d/3.jpg", tag("skip")))
    path = archive(tmp_path, {"annotations.xml": text}) if packed else file(tmp_path, text)
    answers = read("cvat", path, POOL, CLASSES)
    assert (said(answers), answers.awaited) == ({"a/1.jpg": "cat", "c d/3.jpg": ":skip"}, 1)


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
    assert said(answers) == {"b/1.jpg": "cat", "a/2.jpg": "cat"}
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
    assert said(answers) == {"c d/3.jpg": "cat"}
    first, second = answers.mistakes
    assert first.endswith(
        f"names different samples: its picture is 'a/2.jpg', and its name {names[0]!r}; export again, or "
        "without pictures if the names are right"
    )
    assert f"its picture is 'a/1.jpg', and its name {names[1]!r}" in second


@pytest.mark.parametrize("around", ["", "export/"])
def test_a_picture_lies_where_its_name_says(tmp_path, around):
    """Another of its name in a folder is no reason to doubt."""
    known = pool("1.jpg", "a/1.jpg")
    members = {f"{around}annotations.xml": xml(("1.jpg", tag("cat")), ("a/1.jpg", tag("dog")))}
    members |= {f"{around}images/{name}": name.encode() for name in ("a/1.jpg", "1.jpg")}
    assert said(read("cvat", archive(tmp_path, members), known)) == {"1.jpg": "cat", "a/1.jpg": "dog"}


def test_a_name_whose_folders_the_tool_may_have_dropped(tmp_path):
    known = pool("1.jpg", "a/1.jpg", "2.jpg")
    path = file(tmp_path, xml(("1.jpg", tag("cat")), ("2.jpg", tag("dog"))))
    told = mistakes("cvat", path, known)
    assert ":5: '1.jpg' may be '1.jpg', 'a/1.jpg'; give the path" in told
    assert "or export with the pictures" in told
    assert said(read("cvat", path, known, skip_bad=True)) == {"2.jpg": "dog"}


def test_what_a_model_tagged_is_no_label(tmp_path):
    answers = read("cvat", file(tmp_path, xml(("a/1.jpg", tag("cat", "auto")))), POOL, CLASSES)
    assert (answers.drafts, answers.awaited) == ((), 1)
    assert "tags of the source 'auto' are a model's, and no labels: 1" in answers.notices[0]


def test_all_mistakes_at_once_each_with_its_line(tmp_path):
    text = xml(
        ("a/1.jpg", tag("cat") + tag("dog")), ("1.jpg", tag("cat")), ("", tag("cat")), ("a/2.jpg", tag(""))
    )
    told = mistakes("cvat", file(tmp_path, text)).split("\n")
    for line, words in zip(
        told,
        [
            ".xml:5: 'a/1.jpg' has several tags, 'cat', 'dog'; leave one",
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
    assert said(read("cvat", file(tmp_path, xml(("a/1.jpg", inside))), POOL, CLASSES)) == {"a/1.jpg": "cat"}


def test_elements_nested_deep_are_one_mistake(tmp_path):
    deep = 200_000
    path = file(tmp_path, xml(("a/1.jpg", tag("cat") + "<a>" * deep + "</a>" * deep)))
    answers = read("cvat", path, POOL, CLASSES, skip_bad=True)
    assert answers.mistakes == (f"{path}:5: has <a> in <image>, which no export has; export it again",)
    in_meta = HEAD.replace("<task>", "<a>" * deep + "</a>" * deep + "<task>")
    path = file(
        tmp_path, in_meta + IMAGE.format(number=0, name="a/1.jpg", inside=tag("cat")) + "</annotations>"
    )
    assert said(read("cvat", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}


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


def test_an_imagenet_archive_with_pictures_comes_back(tmp_path):
    known = images(tmp_path / "images")
    content = {source: (tmp_path / "images" / source).read_bytes() for source in known.sources}
    members = {
        "cat/cat_a/1.jpg": content["a/1.jpg"],
        "dog/renamed (1).JPG": content["b/1.jpg"],
        "cat/cat_a/2.jpg": content["a/2.jpg"],
        "no_label/c d/3.jpg": content["c d/3.jpg"],
        "__MACOSX/cat/._x.jpg": b"",
        "cat/": b"",
    }
    answers = read("imagenet", archive(tmp_path, members), known, CLASSES)
    assert said(answers) == {"a/1.jpg": "cat", "b/1.jpg": "dog", "a/2.jpg": "cat"}
    assert answers.awaited == 1


@pytest.mark.parametrize("folder", ["cat", "no_label"])
def test_another_picture_of_the_same_name_is_a_mistake(tmp_path, folder):
    path = archive(tmp_path, {f"{folder}/c d/3.jpg": b"of another project", "cat/a/1.jpg": b"a/1.jpg"})
    assert "'c d/3.jpg' of the pool, whose content is another; if the tool saved it anew" in mistakes(
        "imagenet", path
    )


def test_an_imagenet_archive_with_lists_comes_back(tmp_path):
    lists = 'a/1.jpg 0\n"c d/3".jpg 1\nc d/3 1\na/2.jpg\n\n'
    answers = read(
        "imagenet", archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": lists}), POOL, CLASSES
    )
    assert (said(answers), answers.awaited) == ({"a/1.jpg": "cat", "c d/3.jpg": "dog"}, 1)


def test_a_list_with_a_name_in_place_of_a_number_is_a_mistake(tmp_path):
    lists = 'a/1.jpg cat\n"c d/3".jpg dog\na/2.jpg,1\n"c d/3".jpg\nc d/3.jpg\n'
    told = mistakes("imagenet", archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": lists}))
    *lines, _ = told.split("\n")
    assert len(lines) == 3
    assert "default.txt:1: 'a/1.jpg cat' is not a name and the number of a class" in lines[0]


def test_all_mistakes_of_an_archive_at_once(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 2\na/2.jpg 0 1\n1.jpg 0\na/1.jpg -1\n"}
    told = mistakes("imagenet", archive(tmp_path, members)).split("\n")
    assert "default.txt:1: 'a/1.jpg' has the class 2, but synsets.txt has 2 classes" in told[0]
    assert "default.txt:2: 'a/2.jpg' has several classes, 0, 1; choose one" in told[1]
    assert "default.txt:3: '1.jpg' may be" in told[2]
    assert "default.txt:4: 'a/1.jpg' has the class -1" in told[3]
    members = {"x.jpg": b"", "cat/9.jpg": b"", "cat/a/1.jpg": b"a/1.jpg", "dog/a/1.jpg": b"a/1.jpg"}
    told = mistakes("imagenet", archive(tmp_path, members)).split("\n")
    assert "'x.jpg': lies in no folder of a class" in told[0]
    assert "no image of the pool has the content e3b0c44298fc..." in told[1]
    assert "annotator says 'dog' of 'a/1.jpg', but 'cat' at" in told[2]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("../cat/1.jpg", "leads out of the archive"),
        ("cat/../../1.jpg", "leads out of the archive"),
        ("/cat/1.jpg", "leads out of the archive"),
        ("C:/cat/1.jpg", "leads out of the archive"),
        ("..\\cat\\1.jpg", "leads out of the archive"),
    ],
)
def test_members_that_lead_out_are_refused(tmp_path, member, words):
    assert words in mistakes("imagenet", archive(tmp_path, {member: b"", "cat/a/1.jpg": b""}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path, {"cat/a/1.jpg": bytes(2**24)})
    assert "'cat/a/1.jpg' would have 16,777,216 bytes unpacked; it is no export" in mistakes("imagenet", path)


def test_a_member_that_says_it_is_small_is_read_no_further(tmp_path):
    path = archive(tmp_path, {"cat/a/1.jpg": bytes(2**24)})
    content = path.read_bytes()
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + place
        content = content[:at] + struct.pack("<I", 100) + content[at + 4 :]
    path.write_bytes(content)
    assert "is damaged; export it again" in mistakes("imagenet", path)


def test_links_passwords_and_twins_are_refused(tmp_path):
    path = tmp_path / "export.zip"
    link = zipfile.ZipInfo("cat/link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr(link, "/etc/passwd")
        opened.writestr("cat/a/1.jpg", b"")
        opened.writestr("cat/a/1.jpg", b"")
    told = mistakes("imagenet", path)
    assert "'cat/link.jpg' is a link; pack the files themselves" in told
    assert "has 'cat/a/1.jpg' twice" in told
    locked = bytearray(archive(tmp_path, {"cat/a/1.jpg": b"x"}).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted; export without a password" in mistakes(
        "imagenet", file(tmp_path, bytes(locked), "x.zip")
    )


def test_too_much_of_all_members_together(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_WHOLE", 10)
    assert "it is no export" in mistakes("imagenet", archive(tmp_path, {"cat/a/1.jpg": b"0123456789a"}))


def test_archives_that_were_cut_off(tmp_path):
    whole = archive(tmp_path, {"cat/a/1.jpg": b"pixels" * 100, "cat/a/2.jpg": b"pixels"}).read_bytes()
    for end in range(0, len(whole), 7):
        path = file(tmp_path, whole[:end], "cut.zip")
        with pytest.raises(InputError, match="is not a whole zip archive"):
            read("imagenet", path, POOL)


def test_bytes_that_were_changed_are_no_traceback(tmp_path):
    whole = archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n"}).read_bytes()
    refused = 0
    for place in range(len(whole)):
        path = file(tmp_path, whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :], "bad.zip")
        try:
            assert said(read("imagenet", path, POOL, ClassNames(may_grow=False))) in ({"a/1.jpg": "cat"}, {})
        except InputError:
            refused += 1
    assert refused > 50


def test_a_shape_is_no_tag(tmp_path):
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
    assert (said(answers), answers.awaited) == ({"b/1.jpg": "dog"}, 1)
    assert answers.notices == (f"{path}: images with shapes beside a tag, which alone counts: 1",)
    assert answers.mistakes == (f"{path}:5: 'a/1.jpg' has box, mask and no tag; label with tags",)


@pytest.mark.parametrize("member", ["default/1.jpg", "cat/a/1.jpg", "1.jpg", "default/cat/1.jpg"])
def test_a_foreign_picture_beside_a_list_is_a_mistake_wherever_it_lies(tmp_path, member):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", member: "another picture"}
    told = mistakes("imagenet", archive(tmp_path, members))
    assert "default.txt:1: " in told and "content" in told


@pytest.mark.parametrize(
    ("tool", "members", "place"),
    [
        ("imagenet", {"synsets.txt": "cat\n", "default.txt": "1.jpg 0\n"}, "default.txt:1"),
        ("imagenet", {"synsets.txt": "cat\n", "default.txt": "1 0\n"}, "default.txt:1"),
        ("cvat", {"annotations.xml": xml(("1.jpg", tag("cat")))}, "annotations.xml:5"),
    ],
)
def test_several_pictures_of_one_name_are_ambiguous(tmp_path, tool, members, place):
    one = pool("e.jpg", "1.jpg")
    pictures = {"x/1.jpg": b"another picture", "y/1.jpg": b"one more"}
    name = "1" if "1 0" in str(members) else "1.jpg"
    path = archive(tmp_path, members | pictures)
    told, _ = mistakes(tool, path, one).split("\n")
    assert told == (
        f"{path}: {place}: {name!r} may be any of several pictures of the file, 'x/1.jpg', 'y/1.jpg'; export "
        "with the paths of the pictures, or without pictures"
    )
    given = {(one.samples[1], "annotator", "label", "cat")}
    answers = answers_of(path, READERS[tool](path), one, CLASSES, "annotator", skip_bad=False, given=given)
    assert answers.known == 1


def test_copies_of_a_picture_are_not_ambiguous(tmp_path):
    one = pool("e.jpg", "1.jpg")
    members = {"synsets.txt": "cat\n", "default.txt": "1.jpg 0\n", "x/1.jpg": b"1.jpg", "y/1.jpg": b"1.jpg"}
    assert said(read("imagenet", archive(tmp_path, members), one, CLASSES)) == {"1.jpg": "cat"}


def test_a_class_twice_in_a_list_is_a_mistake(tmp_path):
    members = {"synsets.txt": "cat\ndog\ncat\n", "default.txt": "a/1.jpg 2\n"}
    assert "synsets.txt: has the class 'cat' twice" in mistakes("imagenet", archive(tmp_path, members))


@pytest.mark.parametrize(("classes", "number"), [("cat\n\ndog\n", 1), ("\ncat\ndog", 0), ("cat\n \ndog", 1)])
def test_a_blank_line_in_a_list_of_classes_is_a_mistake(tmp_path, classes, number):
    """Nobody knows whether it counts."""
    members = {"synsets.txt": classes, "default.txt": "a/1.jpg 1\n"}
    assert f"synsets.txt: class {number} (the first is 0) has no name" in mistakes(
        "imagenet", archive(tmp_path, members)
    )


def test_blank_lines_behind_the_classes_are_none(tmp_path):
    members = {"synsets.txt": "cat\ndog\n\n \n", "default.txt": "a/1.jpg 1\n"}
    assert said(read("imagenet", archive(tmp_path, members), POOL, CLASSES)) == {"a/1.jpg": "dog"}


def test_lists_elsewhere_in_the_archive_are_not_passed_over_in_silence(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.TXT": "a/1.jpg 0\n", "val/more.txt": "a/2.jpg 1\n"}
    path = archive(tmp_path, members)
    answers = read("imagenet", path, POOL, CLASSES)
    assert said(answers) == {"a/1.jpg": "cat"}
    assert answers.notices == (f"{path}: files that are no pictures are passed over: 'val/more.txt'",)
    path = archive(tmp_path, members | {"val/synsets.txt": "dog\ncat\n"})
    assert mistakes("imagenet", path) == f"{path}: has 2 files synsets.txt; give an archive of each export"


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("dog/1.jpg", "list it as 'cat'; give an archive of lists, or of pictures in folders"),
        ("dog/2.jpg", "do not give it that class"),
    ],
)
def test_folders_that_contradict_the_lists_are_a_mistake(tmp_path, member, words):
    picture = {"dog/1.jpg": b"a/1.jpg", "dog/2.jpg": b"a/2.jpg"}[member]
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", member: picture}
    told = mistakes("imagenet", archive(tmp_path, members))
    assert (
        f"{member!r}: lies in the folder of the class 'dog', but the lists beside synsets.txt {words}" in told
    )


def test_folders_that_agree_with_the_lists(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", "cat/1.jpg": b"a/1.jpg"}
    path = archive(tmp_path, members | {"images/x.jpg": b"a/2.jpg"})
    answers = read("imagenet", path, POOL, CLASSES)
    assert said(answers) == {"a/1.jpg": "cat"}
    assert answers.notices == (f"{path}: pictures that no list names are passed over: 'images/x.jpg'",)
