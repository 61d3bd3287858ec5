"""How a file names images: with their folders or without, which all its rows decide together."""

import json
from xml.sax.saxutils import quoteattr

import pytest
from label_files import packed
from ledgers import draft, entries, pool, sent
from reading import labels_by_source, mistakes, read

SOURCES = ("1.jpg", "a/1.jpg", "b/1.jpg", "2.jpg", "a/2.jpg", "a/7.jpg")


def of(*names):
    """Return a pool of which these images went out."""
    return pool(*SOURCES, entries=entries(*sent(*names)))


def csv(path, labels):
    path.write_text("source,label\n" + "".join(f"{name},{label}\n" for name, label in labels.items()))


def cvat(path, labels):
    images = [
        f"<image name={quoteattr(name)}><tag label={quoteattr(labels[name])}/></image>" for name in labels
    ]
    path.write_text(f"<annotations>{''.join(images)}</annotations>")


def fiftyone(path, labels):
    path.write_text(json.dumps({"labels": {name.removesuffix(".jpg"): labels[name] for name in labels}}))


def imagenet(path, labels):
    classes = sorted(set(labels.values()))
    lines = "".join(f'"{name[:-4]}".jpg {classes.index(label)}\n' for name, label in labels.items())
    path.write_bytes(packed({"synsets.txt": "\n".join(classes), "default.txt": lines}))


def label_studio(path, labels):
    path.write_text(json.dumps([{"id": 1, "image": name, "choice": label} for name, label in labels.items()]))


WRITERS = {
    "csv": csv,
    "cvat": cvat,
    "fiftyone": fiftyone,
    "imagenet": imagenet,
    "label_studio": label_studio,
}


def written(tmp_path, tool, labels):
    path = tmp_path / ("labels.json" if tool == "fiftyone" else "labels")
    WRITERS[tool](path, labels)
    return path


@pytest.mark.parametrize("tool", WRITERS)
def test_a_name_without_a_folder_is_exact_where_others_have_theirs(tmp_path, tool):
    labels = {"1.jpg": "cat", "b/1.jpg": "dog", "2.jpg": "fox"}
    assert labels_by_source(read(tool, written(tmp_path, tool, labels), of())) == labels


@pytest.mark.parametrize("tool", WRITERS)
def test_a_name_without_a_folder_is_ambiguous_where_another_lacks_its_own(tmp_path, tool):
    path = written(tmp_path, tool, {"1.jpg": "cat", "7.jpg": "dog", "b/1.jpg": "dog"})
    message = mistakes(tool, path, of())
    name = "1" if tool == "fiftyone" else "1.jpg"
    assert f"{name!r} may be '1.jpg', 'a/1.jpg', 'b/1.jpg'; give the path below the folder of the" in message
    assert labels_by_source(read(tool, path, of(), skip_bad=True)) == {"a/7.jpg": "dog", "b/1.jpg": "dog"}


@pytest.mark.parametrize("tool", WRITERS)
def test_of_several_images_those_that_went_out_are_meant(tmp_path, tool):
    path = written(tmp_path, tool, {"1.jpg": "cat", "7.jpg": "dog"})
    assert labels_by_source(read(tool, path, of("b/1.jpg", "a/7.jpg"))) == {
        "b/1.jpg": "cat",
        "a/7.jpg": "dog",
    }
    assert "may be '1.jpg', 'a/1.jpg', 'b/1.jpg'" in mistakes(tool, path, of("b/1.jpg"))
    assert "may be 'a/1.jpg', 'b/1.jpg'" in mistakes(tool, path, of("a/1.jpg", "b/1.jpg", "a/7.jpg"))


def test_tools_drop_folders_unless_a_name_shows_that_they_do_not(tmp_path):
    labels = {"1.jpg": "cat", "2.jpg": "dog"}
    assert labels_by_source(read("csv", written(tmp_path, "csv", labels), of())) == labels
    for tool in ("cvat", "fiftyone", "imagenet", "label_studio"):
        path = written(tmp_path, tool, labels)
        assert "may be '1.jpg', 'a/1.jpg', 'b/1.jpg'" in mistakes(tool, path, of())
        assert labels_by_source(read(tool, path, of("1.jpg", "2.jpg"))) == labels


def test_a_name_whose_namesake_went_out_lacks_its_folder_unless_the_ledger_has_its_image(tmp_path):
    path = written(tmp_path, "csv", {"1.jpg": "cat", "2.jpg": "dog"})
    assert labels_by_source(read("csv", path, of("b/1.jpg", "a/2.jpg"))) == {
        "b/1.jpg": "cat",
        "a/2.jpg": "dog",
    }
    assert "'1.jpg' may be '1.jpg', 'a/1.jpg', 'b/1.jpg'" in mistakes("csv", path, of("b/1.jpg"))
    labelled = pool(*SOURCES, entries=entries(*sent("b/1.jpg"), draft(of="1.jpg")))
    assert labels_by_source(read("csv", path, labelled)) == {"1.jpg": "cat", "2.jpg": "dog"}


@pytest.mark.parametrize("folder", ["photographs/", "/data/photographs/", "../data/photographs/"])
def test_the_beginning_tells_the_folder_from_one_of_the_pool(tmp_path, folder):
    labels = {"1.jpg": "cat", "b/1.jpg": "dog", "a/7.jpg": "fox"}
    path = written(tmp_path, "csv", {folder + name: label for name, label in labels.items()})
    assert labels_by_source(read("csv", path, of())) == labels
    address = "/data/local-files/?d=photographs/"
    path = written(tmp_path, "label_studio", {address + name: label for name, label in labels.items()})
    assert labels_by_source(read("label_studio", path, of())) == labels


def test_another_beginning_still_names_no_image(tmp_path):
    path = written(tmp_path, "csv", {"D:\\share\\photographs\\b\\1.jpg": "cat"})
    assert "may be 'b/1.jpg', '1.jpg'" in mistakes("csv", path, of())


def test_accents_apart_from_their_letters_make_no_other_path(tmp_path):
    samples = pool("Gru\u0308n.jpg", "a/Gru\u0308n.jpg", "a/1.jpg")
    labels = {"photographs/Gr\u00fcn.jpg": "cat", "photographs/a/1.jpg": "dog"}
    meant = {"Gru\u0308n.jpg": "cat", "a/1.jpg": "dog"}
    assert labels_by_source(read("csv", written(tmp_path, "csv", labels), samples)) == meant
    path = written(tmp_path, "cvat", {"Gr\u00fcn.jpg": "cat", "a/1.jpg": "dog"})
    assert labels_by_source(read("cvat", path, samples)) == meant


@pytest.mark.parametrize("tool", WRITERS)
@pytest.mark.parametrize("beginning", ["", "a/", "/data/photographs/a/"])
def test_a_backslash_may_be_a_letter_of_a_name(tmp_path, tool, beginning):
    source = f"{beginning.removeprefix('/data/photographs/')}back\\slash.jpg"
    samples = pool(source, "1.jpg", "a/7.jpg")
    labels = {f"{beginning}back\\slash.jpg": "cat", f"{beginning}7.jpg" if beginning else "1.jpg": "dog"}
    answers = read(tool, written(tmp_path, tool, labels), samples)
    assert labels_by_source(answers) == {source: "cat", "a/7.jpg" if beginning else "1.jpg": "dog"}


def test_a_backslash_that_separates_folders_is_none_of_the_letters(tmp_path):
    samples = pool("back/slash.jpg", "1.jpg", "a/b\\1.jpg")
    labels = {"back\\slash.jpg": "cat", "photographs\\1.jpg": "dog"}
    for name, label in labels.items():
        answers = read("csv", written(tmp_path, "csv", {name: label}), samples)
        assert list(labels_by_source(answers)) == [name.replace("\\", "/").removeprefix("photographs/")]


def test_a_name_whose_backslash_may_be_both_is_a_mistake(tmp_path):
    samples = pool("back/slash.jpg", "back\\slash.jpg")
    assert r"'back\\slash' may be 'back\\slash.jpg', 'back/slash.jpg'; give the path" in mistakes(
        "fiftyone", written(tmp_path, "fiftyone", {"back\\slash.jpg": "cat"}), samples
    )
    answers = read("csv", written(tmp_path, "csv", {"back\\slash.jpg": "cat"}), samples)
    assert list(labels_by_source(answers)) == ["back\\slash.jpg"]
