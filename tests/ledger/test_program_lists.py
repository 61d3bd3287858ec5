"""Lists of the program's own, which come back among people's files."""

import pytest
from reading import CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.errors import InputError


def answers_given(path, *answers):
    """Return what a file says beside answers that were given before: number, who and label."""
    earlier = {(POOL.samples[number], who, "label", label) for number, who, label in answers}
    return read("csv", path, POOL, CLASSES, earlier=earlier)


@pytest.mark.parametrize("columns", [3, 4], ids=["before activepool 0.2.0", "now"])
def test_the_list_of_labels_of_a_batch_is_not_a_second_opinion(tmp_path, columns):
    lines = [
        ("index", "source", "label", "sample"),
        ("0", "a/1.jpg", "cat", POOL.samples[0]),
        ("2", "a/2.jpg", "dog", POOL.samples[2]),
    ]
    path = table(tmp_path, "".join(f"{','.join(cells[:columns])}\n" for cells in lines))
    with pytest.raises(
        InputError, match=r"lists the labels that the ledger has, as labels.csv of a batch does"
    ):
        answers_given(path, (0, "anna", "cat"), (2, "ben", "dog"), (3, "ben", "dog"))


def test_that_list_with_a_label_changed_by_hand_is_not_a_second_opinion(tmp_path):
    rows = [f"{number},{source},cat,{POOL.samples[number]}\n" for number, source in enumerate(POOL.sources)]
    answers = [(number, "anna", "dog" if number == 2 else "cat") for number in range(4)]
    path = table(tmp_path, "index,source,label,sample\n" + "".join(rows))
    words = (
        "as labels.csv of a batch does, except for 'a/2.jpg'; to change labels, call the column 'label' 'cor"
    )
    with pytest.raises(InputError, match=words):
        answers_given(path, *answers)
    changed = [(number, "annotator", label) for number, _, label in answers]
    assert (
        len(labels_by_source(answers_given(path, *answers, *changed))) == 4
    )  # the same annotator has changed an answer
    path = table(tmp_path, "index,source,correction,sample\n" + "".join(rows))
    assert all(draft.is_listed for draft in answers_given(path, *answers).drafts)


@pytest.mark.parametrize(
    ("header", "given"),
    [
        ("index,source,label", [(0, "anna", "cat")]),
        ("index,source,label", [(0, "anna", "cat"), (2, "anna", "cat")]),
        ("index,source,label", [(0, "annotator", "cat"), (2, "annotator", "dog"), (0, "anna", "cat")]),
        ("index,file,label", [(0, "anna", "cat"), (2, "ben", "dog")]),
    ],
)
def test_own_files_may_have_the_columns_of_that_list(tmp_path, header, given):
    path = table(tmp_path, f"{header}\n0,a/1.jpg,cat\n2,a/2.jpg,dog\n")
    assert labels_by_source(answers_given(path, *given)) == {"a/1.jpg": "cat", "a/2.jpg": "dog"}


def test_the_labels_that_a_batch_held_out_are_not_answers(tmp_path):
    path = table(tmp_path, "index,label,predicted,probability\n0,cat,cat,0.5\n")
    assert "lists the labels that the ledger has" in mistakes("csv", path)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ("cat,", "dog,", "cat"),  # taken in before; to go back to the dog takes a time
        ("cat,", "dog,2026-11-28T09:00:00Z", "dog"),
        ("fox,", "dog,2026-11-28T09:00:00Z", "fox"),
        ("dog,", "cow,", ""),  # taken in before, and corrected since; either will do
    ],
)
def test_of_two_rows_of_a_sample_in_a_list_the_changed_one_counts(tmp_path, first, second, counts):
    sample = POOL.samples[0]
    earlier = {
        (sample, who, "label", label) for who, label in (("anna", "cat"), ("ben", "dog"), ("al", "cow"))
    }
    for rows in ((first, second), (second, first)):
        text = "".join(f"a/1.jpg,{sample},,,{row}\n" for row in rows)
        path = table(tmp_path, f"source,sample,status,predicted,correction,when\n{text}")
        answers = read("csv", path, POOL, CLASSES, earlier=earlier, standing={(sample, "cat")})
        assert labels_by_source(answers) == {"a/1.jpg": counts or rows[0].partition(",")[0]}
