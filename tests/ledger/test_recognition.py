"""Which tool wrote a file: by what is in it; and what a file is that holds no labels to read."""

import json

import pytest
from label_files import POOL, packed, whole_files
from reading import read

from activepool.errors import InputError
from activepool.ledger.formats.recognition import tool_of

TOOLS = {
    "list.csv": "csv",
    "plain.csv": "csv",
    "corrections.csv": "csv",
    "tasks.json": "label_studio",
    "short.json": "label_studio",
    "short.csv": "label_studio",
    "cvat.xml": "cvat",
    "cvat.zip": "cvat",
    "lists.zip": "imagenet",
    "pictures.zip": "imagenet",
    "labels.json": "fiftyone",
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("ending", ["", ".csv", ".json", ".xml", ".zip", ".txt"])
def test_the_name_says_nothing(tmp_path, name, ending):
    path = tmp_path / f"file{ending}"
    path.write_bytes(whole_files()[name])
    assert tool_of(path) == TOOLS[name]
    assert len(read(tool_of(path), path, POOL).drafts) == 5


OTHER_FILES = {
    b"": "is empty; export it again, or remove it",
    b" \n": "is empty",
    b"\xef\xbb\xbf": "is empty",
    b"\xef\xbb\xbf\r\n\xe2\x80\xa8\n": "is empty",
    b"%PDF-1.7": "is a PDF; have the labels saved as CSV",
    b"\xd0\xcf\x11\xe0\xa1\xb1": "is an old document of Office, or one with a password; save its sheet",
    b"\x1f\x8b\x08": "is packed by gzip; unpack it",
    b"SQLite format 3\0": "is a database; export the labels from its tool",
    b"\xff\xd8\xff\xe0": "is a single picture; put it into a folder with the name of its class",
    b"\0\1\2": "is not text, and not in a known format; give a CSV with source and label",
    b"Anna has labelled all of it.\nBest wishes": "is a text without columns: it begins with",
    b"# by Anna\nsource,label\n": "begins with '# by Anna', and the first line of a CSV must be the header",
    b"source|label|who\na|b|c\n": "separate the columns by commas",
    packed(
        {"preview.jpg": "", "Index/Document.iwa": ""}
    ): "is a document of Apple's Numbers, Pages or Keynote",
    b"name,remark\na,b\n": "must have the column 'label' or 'correction'",
    b"<html><body>Log in</body></html>": "is a web page",
    b"<annotation><object/></annotation>": "is Pascal VOC, with boxes",
    b'<View><Choices name="choice"/></View>': "is the configuration of a Label Studio project",
    b"<kml/>": "begins with <kml>, not <annotations>",
    b"{}": "is JSON of no known tool",
    b"[1, 2]": "is JSON of no known tool",
    b'{"images": [], "annotations": [], "categories": []}': "is COCO",
    b'{"version": "5.0", "flags": {"cat": true}, "shapes": []}': "is a file of labelme",
    b'{"data": {"image": "a.jpg"}, "annotations": []}': "is a single task of Label Studio",
    b'[{"data": {"image": "a/1.jpg"}, "completions": []}]': "is an export of an old Label Studio, with 'comp",
    b'{"a": 1}\n{"a": 2}\n': ":2: begins a second object: the file is JSON Lines, with an object in each",
    b'[{"a": 1}]\n\n[{"a": 1}]\n': ":3: begins a second export behind the first; give each in",
    b'{"classes": [], "labels": {}}{"classes": []}': ":1: begins a second export behind the first",
    b'{"a": 1} x': ":1: is not JSON (Extra data)",
    b"{\\rtf1\\ansi source,label\\\n}": "is a document in RTF, as word processors write it; save it as",
    b"source,label\na/1.jpg,cat\n"
    + bytes(4096): "line 3 ends in 4,096 NUL bytes, as a crash or a full disk leaves",
    b'[{"image": "a/1.jpg"}]\0': "line 1 ends in 1 NUL byte, as a crash or a full disk leaves them",
    b"\0": "has nothing but NUL bytes",
    b"version https://git-lfs.github.com/spec/v1\n": "is a pointer of Git LFS and not the file; fetch it",
    b"\xef\xbb\xbf{\\rtf1}": "is a document in RTF",
    b'[{"image": "a/1.jpg"},]': ":1: is not JSON (",
    b'[{"image": "a/1.jpg"},': ":1: ends in the middle; export it again",
    b'"source,label"\n"a/1.jpg,cat"\n': "by commas, without double quotes around all of them",
    bytes(100): "has nothing but NUL bytes, as a crash or a full disk leaves them; write the file again",
    b"source,label\na/1.jpg,c\0t\n": "line 2 has a NUL byte, so this is not text; write the file again",
    "source,label\na/1.jpg,Käfer\n".encode("utf-16-le"): "is encoded as UTF-16; save it as UTF-8",
    "source,label\na/1.jpg,Käfer\n".encode("utf-16-be"): "is encoded as UTF-16; save it as UTF-8",
    b"source;label,who\na/1.jpg,cat,anna\n": "(columns: source;label, who); separate the columns by commas",
    packed({"xl/workbook.bin": ""}): "is an Excel workbook; save its sheet as CSV UTF-8",
    packed(
        {"a.ledger.csv": "number,event,sample,label,check\n"}
    ): "is a packed ledger, and no label file; remove it",
    packed({"xl/workbook.xml": ""}): "is an Excel workbook; save its sheet as CSV UTF-8",
    packed({"content.xml": "", "mimetype": ""}): "is a document of LibreOffice; save its sheet as CSV",
    packed({"labels.csv": "source,label\n"}): "is an archive of 'labels.csv'; unpack it",
    packed({"data/1.jpg": "", "labels.json": "{}"}): "is a packed dataset of FiftyOne; unpack it",
}


@pytest.mark.parametrize("content", OTHER_FILES)
def test_other_files_say_what_they_are(tmp_path, content):
    path = tmp_path / "labels"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tool_of(path), path, POOL)
    assert OTHER_FILES[content] in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("ending", [".csv", ".JSON"])
@pytest.mark.parametrize("content", [packed({"xl/workbook.xml": ""}), b"{\\rtf1", b"%PDF-1.7"])
def test_a_name_that_says_another_format(tmp_path, content, ending):
    path = tmp_path / f"labels{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf", although its name ends in '{ending}'; (save|have) "):
        tool_of(path)


CONFLICT = "<<<<<<< HEAD\n{0}\n=======\n{1}\n>>>>>>> branch\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("source,label\n" + CONFLICT.format("a/1.jpg,cat", "a/1.jpg,dog") * 2, (2, 7)),
        (CONFLICT.format("source,label", "source,label,who") + "a/1.jpg,cat\n", (1,)),
        ("[\n" + CONFLICT.format('{"choice": "cat"}', '{"choice": "dog"}') + "]\n", (2,)),
        ("<annotations>\r\n<<<<<<< HEAD\r\n</annotations>\r\n", (2,)),
        ("source,label\na/1.jpg,dog\n>>>>>>> branch\n", (3,)),
    ],
)
def test_two_versions_of_git_in_one_file(tmp_path, text, lines):
    path = tmp_path / "labels"
    path.write_bytes(text.encode())
    with pytest.raises(InputError) as caught:
        tool_of(path)
    words = (
        "is the mark of a conflict in Git, so the file holds two versions of some lines; keep one, and remove"
    )
    assert len(caught.value.args) == len(lines)
    for line, message in zip(lines, caught.value.args, strict=True):
        assert message.startswith(f"{path}:{line}: '")
        assert words in message


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({"labels.json": '{"classes": [], "labels": {"e": "cat"}}'}, "fiftyone"),
        ({"annotations.xml": '<annotations><image name="e.jpg"/></annotations>', "images/e.jpg": ""}, "cvat"),
        ({"cat/e.jpg": ""}, "folders"),
    ],
)
def test_folders(tmp_path, files, tool):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert tool_of(tmp_path) == tool


@pytest.mark.parametrize("name", ["synsets.txt", "labels.csv", "export.JSON"])
def test_label_files_among_pictures_are_a_mistake(tmp_path, name):
    (tmp_path / "cat").mkdir()
    (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"give the archive itself|put label files beside it"):
        tool_of(tmp_path)


def test_the_tasks_that_went_out_are_awaited(tmp_path):
    path = tmp_path / "label_studio.json"
    tasks = json.loads(whole_files()["tasks.json"])
    path.write_text(
        json.dumps([{"data": task["data"], "predictions": []} for task in tasks]), encoding="utf-8"
    )
    assert read(tool_of(path), path, POOL).awaited == 6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("labels.json.txt", "; if it is labels.json of a tool, call it so"),
        ("Annotations.xml.xml", "; if it is annotations.xml of a tool, call it so"),
        ("synsets.txt.txt", "; if it is synsets.txt of a tool, call it so"),
        ("list.csv.txt", " beside folders; a folder holds only pictures in folders of the classes"),
        ("list.csv", " beside folders; a folder holds only pictures in folders of the classes"),
    ],
)
def test_a_label_file_among_pictures_is_not_passed_over(tmp_path, name, words):
    """Systems that hide endings let people give a file two."""
    folder, archive = tmp_path / "folder", tmp_path / "archive.zip"
    (folder / "cat").mkdir(parents=True)
    (folder / name).touch()
    archive.write_bytes(packed({"batch/cat/1.jpg": "", f"batch/{name}": ""}))
    for path in (folder, archive):
        with pytest.raises(InputError) as caught:
            tool_of(path)
        assert str(caught.value).startswith(f"{path}: has {name!r}{words}")


def test_a_label_file_in_a_folder_of_its_own_is_to_be_moved_up(tmp_path):
    folder, archive = tmp_path / "anna", tmp_path / "archive.zip"
    folder.mkdir()
    (folder / "latin.csv").touch()
    archive.write_bytes(packed({"1.jpg": "", "latin.csv": ""}))
    for path in (folder, archive):
        with pytest.raises(InputError) as caught:
            tool_of(path)
        assert str(caught.value) == (
            f"{path}: has 'latin.csv', and no folder of a class; label files lie in {tmp_path} itself, so "
            "move it up there"
        )
