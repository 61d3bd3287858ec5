"""Which sample a row of a label file names: by its path, its row, its content, or several of these."""

import pytest
from ledgers import draft, entries, pool, sample
from reading import CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.ledger.pool_samples import PoolSamples


def test_a_column_that_was_sorted_alone_is_noticed(tmp_path):
    text = f"source,label,sample\na/1.jpg,cat,{POOL.samples[1]}\nb/1.jpg,dog,{POOL.samples[0]}\n"
    assert "names different samples: sample is 'b/1.jpg', source is 'a/1.jpg'" in mistakes(
        "csv", table(tmp_path, text)
    )


def test_paths_that_start_from_different_folders(tmp_path):
    text = "source,label\nphotographs/a/1.jpg,cat\n/data/photographs/a/2.jpg,dog\n"
    path = table(tmp_path, text)
    assert mistakes("csv", path).split("\n")[0] == (
        f"{path}:3: '/data/photographs/a/2.jpg' begins with '/data/photographs/', but "
        f"'photographs/a/1.jpg' at {path}:2 begins with 'photographs/': one file may not mix the two; "
        "write every path from inside the folder of the images, as in 'a/2.jpg'"
    )
    path = table(tmp_path, "source,label\nphotographs/a/1.jpg,cat\na\\2.jpg,dog\n")
    assert (
        "3: 'a\\2.jpg' begins inside the folder of the images, but 'photographs/a/1.jpg' at "
        f"{path}:2 begins with 'photographs/': one file may not mix the two;"
    ) in mistakes("csv", path)


@pytest.mark.parametrize(
    "beginning",
    [
        *("other/deep/", "photographs/old/", "/data/", "photographs2/", "C:\\x\\", "elsewhere/photographs/"),
        *("/photographs/", "/other/photographs/", "D:\\photographs\\", "\\\\share\\data\\photographs\\"),
        *("../x/photographs/", "https://host/img/", "http://photographs/", "s3://bucket/data/photographs/"),
        "file:///other/photographs/",
    ],
)
def test_a_path_below_another_folder_is_a_mistake(tmp_path, beginning):
    text = f"source,label\n{beginning}a/1.jpg,cat\n"
    message = mistakes("csv", table(tmp_path, text))
    assert f"'{beginning}a/1.jpg' would be 'a/1.jpg' if paths start from" in message
    assert (
        "which is not the folder of the images, 'photographs'; if it is that image, give its path below "
        "the folder of the images, or its 'sample'" in message
    )


@pytest.mark.parametrize(
    "beginning",
    [
        *("/", "photographs/", "./photographs/", "../photographs/"),
        *("data/photographs/", "/data/photographs/", "file:///data/photographs/"),
    ],
)
def test_a_path_may_begin_with_the_folder_of_the_images(tmp_path, beginning):
    answers = read("csv", table(tmp_path, f"source,label\n{beginning}a/1.jpg,cat\n"), POOL, CLASSES)
    assert (labels_by_source(answers), answers.notices) == ({"a/1.jpg": "cat"}, ())


@pytest.mark.parametrize(
    ("address", "beginning"),
    [
        ("https://my.server/img/", "https://my.server/img/"),
        ("/data/local-files/?d=my%20disk/img/", "my disk/img/"),
    ],
)
def test_a_path_may_begin_with_the_address_of_the_images(tmp_path, address, beginning):
    samples = pool(*POOL.sources, address=address)
    path = table(tmp_path, f"source,label\n{beginning}a/1.jpg,cat\n")
    assert labels_by_source(read("csv", path, samples, CLASSES)) == {"a/1.jpg": "cat"}
    second = table(tmp_path, "source,label\nhttps://my.server/birds/a/1.jpg,cat\n")
    assert "would be 'a/1.jpg' if paths start from" in mistakes("csv", second, samples)


def test_the_sample_tells_whose_a_path_below_another_folder_is(tmp_path):
    text = f"source,label,sample\nD:\\share\\photographs\\a/1.jpg,cat,{POOL.samples[0]}\n"
    assert labels_by_source(read("csv", table(tmp_path, text), POOL, CLASSES)) == {"a/1.jpg": "cat"}


def test_sources_that_are_not_paths_begin_with_no_folder(tmp_path):
    rows = pool("0", "1", root=None, has_stable_rows=True)
    message = mistakes("csv", table(tmp_path, "source,label\nold/1,cat\n"), rows)
    assert (
        "'old/1' would be '1' if paths start from 'old/', which is not the folder of the images;" in message
    )


def test_a_number_means_the_row_that_went_out(tmp_path):
    """The rows of the vectors 0 to 3 were turned round after two of them went out."""
    ledger_entries = entries(
        draft("sent", "0", "activepool", batch="1"), draft("sent", "3", "activepool", batch="1")
    )
    turned = PoolSamples([sample(row) for row in "3210"], list("0123"), ledger_entries, has_stable_rows=True)
    for row in "03":
        message = mistakes("csv", table(tmp_path, f"index,label\n{row},cat\n"), turned)
        assert f"row '{row}' is another sample now than the one that went out" in message
    answers = read("csv", table(tmp_path, f"index,sample,label\n0,{sample(0)},cat\n"), turned, CLASSES)
    assert [answer.sample for answer in answers.drafts] == [sample(0)]


def test_a_row_that_was_inserted_gives_no_other_row_its_label(tmp_path):
    rows = [sample(row) for row in ("a", "b", "c")]
    now = PoolSamples(
        [rows[0], sample("new"), rows[1], rows[2]],
        list("0123"),
        has_stable_rows=True,
        rows=[*rows, sample("new")],
    )
    text = "index,label\n0,cat\n1,dog\n2,dog\n3,dog\n"
    answers = read("csv", table(tmp_path, text), now, CLASSES, skip_bad=True)
    assert [draft.sample for draft in answers.drafts] == [rows[0]]
    assert len(answers.mistakes) == 3
    assert "row '3' may mean two samples, because rows have moved since the first run" in answers.mistakes[2]


def test_an_answer_accepted_by_its_row_is_not_a_mistake_later(tmp_path):
    ledger_entries = entries(draft(of="0", label="cat"))
    turned = PoolSamples([sample("1"), sample("0")], list("01"), ledger_entries, has_stable_rows=True)
    earlier = {(sample("0"), "anna", "label", "cat")}
    path = table(tmp_path, "index,label,who\n0,cat,anna\n")
    answers = read("csv", path, turned, CLASSES, "x", earlier=earlier)
    assert (answers.drafts, answers.num_past_mistakes, answers.mistakes) == ((), 1, ())


def test_an_index_of_another_photograph_is_a_mistake(tmp_path):
    text = "batch,index,source,label\n1,1,a/1.jpg,cat\n1,2,a/2.jpg,dog\n1,99,b/1.jpg,dog\n"
    path = table(tmp_path, text)
    answers = read("csv", path, POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"a/2.jpg": "dog", "b/1.jpg": "dog"}
    assert answers.mistakes == (
        f"{path}:2: names different samples: source is 'a/1.jpg', index is 'b/1.jpg'; correct it, or remove "
        "the column index",
    )


def test_a_row_alone_names_a_sample_only_where_rows_stay(tmp_path):
    path = table(tmp_path, "index,label\n1,cat\n")
    assert "rows move when images are added; give 'source'" in mistakes("csv", path)
    POOL.has_stable_rows = True
    try:
        assert labels_by_source(read("csv", path, POOL, CLASSES)) == {"b/1.jpg": "cat"}
    finally:
        POOL.has_stable_rows = False


def test_the_beginning_of_a_digest_names_no_sample(tmp_path):
    text = f"sample,label\n{POOL.samples[0][:12]},cat\n"
    message = mistakes("csv", table(tmp_path, text))
    assert f"sample '{POOL.samples[0][:12]}' has 12 characters, and a SHA-256 has 64" in message


def test_names_without_an_answer_that_are_not_in_the_pool(tmp_path):
    path = table(tmp_path, "source,label\na/1.jpg,\na/2.jpg cat,\nb/9.jpg,\n")
    answers = read("csv", path, POOL)
    assert (answers.awaited, answers.notices) == (
        3,
        (f"{path}: no image of the pool has these names, which have no answer: 'a/2.jpg cat', 'b/9.jpg'",),
    )


def test_a_batch_in_which_a_sample_did_not_go_out(tmp_path):
    sendings = [draft("sent", "a", "activepool", batch="1"), draft("sent", "c", "activepool", batch="2")]
    samples = pool("a", "b", "c", entries=entries(*sendings))
    path = table(tmp_path, "batch,source,label\n1 ,a,cat\n2,b,cat\n2,a,cat\n1,b,\n,c,dog\n")
    answers = read("csv", path, samples, CLASSES)
    assert answers.notices == (
        f"{path}: rows for '2', in which their samples did not go out: 'b', 'a'; their answers count all the "
        "same",
    )


def test_a_batch_that_did_not_go_out(tmp_path):
    samples = pool("a", "b", "c", entries=entries(draft("sent", "a", "activepool", batch="1")))
    path = table(tmp_path, "batch,source,label\nbatch77,a,cat\nbatch77,b,\n1,a,\n")
    answers = read("csv", path, samples, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a": "cat"}, 2)
    assert answers.notices == (
        f"{path}: rows for 'batch77', which did not go out: 'a', 'b'; their answers count all the same",
    )


@pytest.mark.parametrize(
    "name",
    [
        *("c%20d/3.jpg", "photographs/c%20d/3.jpg", "/data/photographs/c%20d%2F3.jpg"),
        *(
            "/data/local-files/?d=photographs/c%20d/3.jpg",
            "/data/local-files/?d=data/photographs/c d/3.jpg&x=1",
        ),
    ],
)
def test_names_as_in_an_address(tmp_path, name):
    path = table(tmp_path, f"source,label\n{name},cat\n")
    assert labels_by_source(read("csv", path, POOL, CLASSES)) == {"c d/3.jpg": "cat"}


def test_a_name_as_in_an_address_may_be_that_of_an_image(tmp_path):
    samples = pool("c d.jpg", "c%20d.jpg", "a/1.jpg", "b/1.jpg")
    path = table(tmp_path, "source,label\nc%20d.jpg,cat\n")
    assert labels_by_source(read("csv", path, samples, CLASSES)) == {"c%20d.jpg": "cat"}
    path = table(tmp_path, "source,label\n%31.jpg,cat\n%ff.jpg,cat\n")
    several, none, _ = mistakes("csv", path, samples).split("\n")
    assert "'%31.jpg' may be 'a/1.jpg', 'b/1.jpg'" in several
    assert "'%ff.jpg' is not in the pool" in none


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_row_with_other_separators(tmp_path, mark):
    row = mark.join(["a/1.jpg", "cat", "anna"])
    path = table(tmp_path, f"source,label,who\n{row}\na/2.jpg,cat,anna\n{row},,\n")
    width, awaited, _ = mistakes("csv", path).split("\n")
    assert width.startswith(f"{path}:2: has 1 field, and the header has 3; it has ")
    assert awaited.startswith(
        f"{path}:4: {row!r} is 'a/1.jpg', and {f'cat{mark}anna'!r} in the same cell, behind"
    )


ENCODED = pool("c d.jpg", "c%20d.jpg", "#1.jpg", "b/1.jpg")


def test_a_name_of_one_image_as_written_and_of_another_as_decoded_is_a_mistake_beside_encoded_ones(tmp_path):
    path = table(tmp_path, "source,label\nc%20d.jpg,cat\n%231.jpg,dog\n")
    (line, _) = mistakes("csv", path, ENCODED).split("\n")
    assert line == (
        f"{path}:2: 'c%20d.jpg' is an image of the pool, and so is 'c d.jpg', which other rows would write "
        "like this; write all names as they are in the pool, or export with the pictures"
    )


def test_the_content_says_which_image_an_encoded_name_means(tmp_path):
    content = ENCODED.sample_of["c%20d.jpg"]
    path = table(tmp_path, f"source,label,sample\nc%20d.jpg,cat,{content}\n%231.jpg,dog,\n")
    assert labels_by_source(read("csv", path, ENCODED, CLASSES)) == {"c%20d.jpg": "cat", "#1.jpg": "dog"}
