"""What a person writes into the ledger by hand names samples, sources and batches that there are."""

import pytest
from ledger.ledgers import draft, sample, sent

from activepool.errors import InputError
from activepool.ledger.book import append, read, repair
from activepool.ledger.hand_edits import require_known_samples
from activepool.ledger.pool_samples import PoolSamples

LINE = ",,bob,label,{sample},{source},{batch},dog,,,\n"


@pytest.fixture
def path(tmp_path):
    """A ledger of two samples that went out in batch 1, and of an answer."""
    path = tmp_path / "labels.csv"
    append(path, sent("a", "b", batch="1"))
    append(path, [draft(of="a", batch="1")])
    return path


def add(path, of="c", source=None, batch=""):
    """Add a line by hand."""
    line = LINE.format(sample=sample(of), source=source or of, batch=batch)
    path.write_bytes(path.read_bytes() + line.encode())


def problems(path, samples):
    with pytest.raises(InputError) as caught:
        require_known_samples(path, read(path).added_lines, samples)
    return list(caught.value.args)


def pool_of(path, *sources):
    """Return a pool, with the entries that the program wrote."""
    return PoolSamples([sample(source) for source in sources], sources, read(path).entries[:3])


def test_lines_by_hand_are_known_until_they_have_their_numbers(path):
    add(path, "a")
    assert [(line.line, line.entry.number, line.entry.label) for line in read(path).added_lines] == [
        (5, 4, "dog")
    ]
    append(path, [])
    assert read(path).added_lines == ()
    assert len(read(path).entries) == 4


def test_a_batch_must_have_gone_out_with_the_sample(path):
    whole = path.read_bytes()
    for of, batch in (("a", "77"), ("c", "1")):
        path.write_bytes(whole)
        add(path, of, batch=batch)
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.args == (
            f"{path}:5: {of!r} did not go out in batch {batch!r}; correct batch, or leave it empty",
        )
    path.write_bytes(whole)
    add(path, "a", batch="1")
    add(path, "c")
    assert len(read(path).entries) == 5


def test_a_line_without_its_sample_lacks_only_that(path):
    line = LINE.format(sample="", source="a", batch="1")
    path.write_bytes(path.read_bytes() + line.encode())
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.args == (
        f"{path}:5: sample is empty; copy it from another line about the same sample",
    )


def test_samples_and_sources_must_be_known(path):
    samples = pool_of(path, "c", "new name of b")
    add(path, "a")
    add(path, "c")
    add(path, "new name of b")
    require_known_samples(path, read(path).added_lines, samples)
    add(path, "nothing", source="c")
    add(path, "c", source="zzz")
    add(path, "c", source="a")
    unknown, *misnamed = problems(path, samples)
    assert unknown.startswith(
        f"{path}:8: sample {sample('nothing')[:12]}... is not in the pool; copy it from"
    )
    assert misnamed == [
        f"{path}:{line}: source {source!r} does not name this sample; write 'c'"
        for line, source in ((9, "zzz"), (10, "a"))
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",a,1,cat,", ",zzz,1,cat,", "source 'zzz' does not name this sample; write 'a'"),
        (",a,1,cat,", ",a,77,cat,", "'a' did not go out in batch '77'; correct batch, or leave it empty"),
    ],
)
def test_a_correction_names_what_there_is(path, old, new, words):
    changed = path.read_text().replace(old, new)
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(InputError) as caught:
        repair(path, "correct")
    assert caught.value.args == (f"{path}:4: {words}",)
    assert path.read_text() == changed


def test_two_ways_of_unicode_are_one_class_in_a_line_by_hand(path):
    append(path, [draft(of="b", label="Ka\u0308fer")])
    line = LINE.format(sample=sample("c"), source="c", batch="").replace("dog", "K\u00e4fer")
    path.write_bytes(path.read_bytes() + line.encode())
    assert read(path).entries[-1].label == "K\u00e4fer"
