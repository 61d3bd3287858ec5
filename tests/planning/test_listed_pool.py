"""The pool of a project: the images of a folder or a list, and vectors, as a run lists and reads them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_projects import project

from activepool.errors import InputError
from planning.project.pool import listed_images, updated_pool

pytestmark = pytest.mark.usefixtures("project_files")


def write_list(*rows, header="path"):
    Path("list.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return project(images="list.csv")


def test_a_list_names_images_relative_to_its_folder():
    root, sources = listed_images(
        write_list("photos/b.png,x,", ",,", '" photos/a/1.png",y,', header="sep=,\npath,note,")
    )
    assert (root, sources) == (Path(), ["photos/b.png", "photos/a/1.png"])
    pool = updated_pool(write_list("photos/b.png"))
    assert list(pool.sources) == ["photos/b.png"]


def test_a_folder_is_read_with_its_folders():
    root, sources = listed_images(project())
    assert (root, sorted(sources)) == (Path("photos"), ["a/1.png", "a/2.png", "b.png"])


def test_all_mistakes_of_a_list_are_named_by_their_lines():
    path = write_list(
        "photos/b.png,", "photos/none.png,", "photos/b.png,", "../x.png,", "a,b,c", header="path,x"
    )
    with pytest.raises(InputError) as caught:
        listed_images(path)
    lines = "\n".join(caught.value.args)
    assert "list.csv:3: no such file 'photos/none.png' (relative paths start from .)" in lines
    assert "list.csv:4: 'photos/b.png' is listed twice" in lines
    assert "list.csv:5: '../x.png' must be a relative path below ." in lines
    assert "list.csv:6: " in lines


def test_labels_in_a_list_are_not_passed_over_in_silence(capsys):
    rows = ["photos/b.png,ant,", "photos/a/1.png,,"]
    listed_images(write_list(*rows, header="path,Label,class"))
    notice = (
        "list.csv: has labels in 'Label' (1), which a project does not read; put those that you have into"
    )
    assert f"{notice} returned, in a CSV with the columns source and label" in capsys.readouterr().err
    listed_images(write_list("photos/b.png,", header="path,label"))
    assert "label" not in capsys.readouterr().err


def test_a_path_may_be_too_long_for_a_file():
    with pytest.raises(InputError, match=r"^list\.csv:2: no such file 'x{5000}\.png' "):
        listed_images(write_list("x" * 5000 + ".png"))


@pytest.mark.parametrize("header", ["file", "path,path", ""])
def test_a_list_needs_the_column_path_once(header):
    with pytest.raises(InputError, match=r"list\.csv:\d: must have the column 'path' once"):
        listed_images(write_list("photos/b.png", header=header))


def test_a_list_may_not_have_a_name_that_the_ledger_cannot_hold():
    Path(" roll").mkdir()
    for name in (" lead.png", "photos/tab\there.png", " roll/1.png"):
        Image.new("L", (4, 4), 9).save(name)
    with pytest.raises(InputError) as caught:
        listed_images(
            write_list(
                *("photos/b.png", "photos/tab\there.png", '" lead.png"', '" photos/b.png"', '" roll/1.png"')
            )
        )
    assert caught.value.args == (
        r"list.csv:3: the name 'photos/tab\there.png' has a line break or another control character; "
        "rename the file",
        "list.csv:4: the name ' lead.png' begins or ends with a blank; rename the file",
        "list.csv:5: 'photos/b.png' is listed twice",
        "list.csv:6: the name ' roll' begins or ends with a blank; rename the folder",
    )


def test_a_pool_without_images_is_a_mistake():
    Path("empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no image"):
        listed_images(project(images="empty"))
    with pytest.raises(InputError, match=r"list\.csv: holds no image"):
        listed_images(write_list())


def test_vectors_are_read_again_only_if_they_change(monkeypatch):
    vector_project = project(images=None, embeddings="v.npy", backbone=None)
    first = updated_pool(vector_project)
    with monkeypatch.context() as patched:
        patched.setattr("planning.project.pool.vector_file", None)
        assert updated_pool(vector_project) == first
    values = np.load("v.npy")
    np.save("v.npy", np.concatenate([values[:1] + 1, values]))
    grown = updated_pool(vector_project)
    assert grown.samples[:4] == first.samples
    assert grown.row_sources == ["1", "2", "3", "4", "0"]


def test_a_number_that_is_not_finite_is_found_when_the_vectors_are_first_read():
    values = np.load("v.npy")
    values[2, 1] = np.nan
    np.save("v.npy", values)
    for _ in range(2):  # nothing is noted of them
        with pytest.raises(InputError, match=r"v\.npy: row 2, column 1 is nan as float32; every number must"):
            updated_pool(project(images=None, embeddings="v.npy", backbone=None))


def test_skipped_images_are_named(capsys):
    for number in range(22):
        Path(f"photos/bad {number:02d}.png").write_bytes(b"no image")
    updated_pool(project(on_unreadable="skip"))
    printed = capsys.readouterr().err
    assert (
        "photos: left out, because unreadable: 22 (bad 00.png: no known image format, bad 01.png: " in printed
    )
    assert "bad 19.png: no known image format and 2 more)" in printed
