"""Which sample a name stands for; a name that may stand for two stands for none."""

import numpy as np
import pytest
from ledgers import draft, entries, pool, sample

from activepool.ledger.messages import WrongCellError
from activepool.ledger.pool_changes import pool_changes
from activepool.ledger.pool_samples import PoolSamples, embedding_sample, image_sample
from activepool.ledger.state import state_of

POOL = pool("a/1.jpg", "b/1.jpg", "a/2.png", "b/Größe.png", "x.jpg", "c/x.jpg")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a/1.jpg", "a/1.jpg"),
        ("./a/1.jpg", "a/1.jpg"),
        ("a\\1.jpg", "a/1.jpg"),
        ("/data/photographs/a/1.jpg", "a/1.jpg"),
        ("https://host/photographs/b/Gr%C3%B6%C3%9Fe.png?size=1#x", "b/Größe.png"),
        ("Gro\u0308ße.png", "b/Größe.png"),
        ("2.png", "a/2.png"),
        ("x.jpg", "x.jpg"),
    ],
)
def test_a_name_stands_for_a_sample(name, source):
    assert POOL.by_name(name)[0] == sample(source)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1.jpg", "'1.jpg' may be 'a/1.jpg', 'b/1.jpg'; give the path below the folder of the images"),
        ("/data/c/x.jpg", "may be 'c/x.jpg', 'x.jpg'"),
        ("a/2.jpg", "'a/2.jpg' is not in the pool; did you mean 'a/2.png'?"),
        ("A/2.PNG", "did you mean 'a/2.png'?"),
        ("b/Große.png", "did you mean 'b/Größe.png'?"),
        ("a/2", "is not in the pool"),
        ("", "is not in the pool"),
        ("jpg", "is not in the pool"),
    ],
)
def test_an_unknown_or_ambiguous_name_is_a_mistake(name, words):
    with pytest.raises(WrongCellError) as caught:
        POOL.by_name(name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("b/img_009 (1).png", "; did you mean 'b/img_009.png'?"),
        ("b/IMG_009.jpg", "; did you mean 'b/img_009.png'?"),
        ("b/beetle (1).png", ""),
        ("other/beetle (1).png", "; did you mean 'a/beetle.png'?"),
        ("beetle (1).png", "; did you mean 'a/beetle.png'?"),
    ],
)
def test_a_hint_stays_in_the_folder_of_the_name(name, hint):
    samples = PoolSamples(list(map(sample, range(3))), ["a/img_009.png", "a/beetle.png", "b/img_009.png"])
    with pytest.raises(WrongCellError) as caught:
        samples.by_name(name)
    assert str(caught.value) == f"{name!r} is not in the pool{hint}"


def test_a_name_without_its_ending():
    assert POOL.by_name("a/2", may_lack_ending=True)[0] == sample("a/2.png")
    with pytest.raises(WrongCellError, match="may be"):
        POOL.by_name("1", may_lack_ending=True)


def test_two_images_of_the_same_content_are_one_sample():
    same = PoolSamples([sample(1), sample(1)], ["a/1.jpg", "b/1.jpg"])
    assert same.by_name("1.jpg")[0] == sample(1)
    assert same.sources_of(sample(1)) == ["a/1.jpg", "b/1.jpg"]


def test_a_row_and_a_content():
    assert POOL.by_content(sample("x.jpg").upper()) == sample("x.jpg")
    assert POOL.by_row("2") == sample("a/2.png")
    with pytest.raises(WrongCellError, match=r"index '6' is not a row of the pool \(0 to 5\)"):
        POOL.by_row("6")
    assert POOL.by_content(sample("x.jpg")) == sample("x.jpg")
    with pytest.raises(WrongCellError, match="no image of the pool has the content"):
        POOL.by_content(sample("y.jpg"))


def test_a_sample_is_its_content(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"pixels")
    assert image_sample(tmp_path / "a.jpg") == image_sample(tmp_path / "b.jpg")
    row = np.array([1.0, 2.0])
    assert embedding_sample(row) == embedding_sample(row.astype(np.float16)) != embedding_sample(row + 1)


def test_an_old_name_finds_an_image_that_was_renamed():
    ledger_entries = entries(draft(of="old.jpg"), draft(of="gone.jpg"), draft(of="edited.jpg"))
    now = PoolSamples([sample("old.jpg"), sample("new")], ["new.jpg", "edited.jpg"], ledger_entries)
    assert now.by_name("old.jpg")[0] == sample("old.jpg")
    assert now.by_name("gone.jpg")[0] == now.by_content(sample("gone.jpg")) == sample("gone.jpg")
    assert now.source(sample("gone.jpg")) == "gone.jpg"
    with pytest.raises(WrongCellError, match=r"'edited.jpg' is another image now than the one that"):
        now.by_name("edited.jpg")


def test_how_a_pool_has_changed():
    state = state_of(entries(draft(of="a"), draft(of="b"), draft(of="c"), draft(of="d")))
    now = PoolSamples([sample("a"), sample("b2"), sample("c"), sample("e")], ["a", "b", "new/c", "e"])
    changes = pool_changes(state, now)
    assert changes.renamed == (("c", "new/c"),)
    assert changes.edited == ("b",)
    assert changes.gone == ("d",)
    gone = changes.gone_text(changes.gone)
    assert "'c' is now 'new/c'" in changes.renamed_text(changes.renamed)
    assert "new samples without a label: 'b'" in changes.edited_text(changes.edited)
    assert "images are gone; their entries stay" in gone
    assert gone.endswith("'d'")


def test_an_image_in_place_of_one_that_the_ledger_knows_is_not_gone():
    ledger_entries = entries(draft(of="a"), draft(of="b"))
    now = PoolSamples([sample("b")], ["a"], ledger_entries)
    changes = pool_changes(state_of(ledger_entries), now)
    assert (changes.edited, changes.overwritten, changes.gone) == ((), ("a",), ())
    line = changes.overwritten_text(changes.overwritten)
    assert line.startswith("the earlier content of images is gone") and line.endswith(": 'a'")


def test_two_images_that_swapped_their_names_keep_their_labels():
    ledger_entries = entries(draft(of="a", label="cat"), draft(of="b", label="dog"))
    now = PoolSamples([sample("b"), sample("a")], ["a", "b"], ledger_entries)
    assert pool_changes(state_of(ledger_entries), now).renamed == (("a", "b"), ("b", "a"))
    with pytest.raises(WrongCellError, match="another image now"):
        now.by_name("a")
