"""Notices that stay true for weeks are shown once."""

import pytest

from planning.project.notices import PoolNotices


@pytest.fixture
def printed(tmp_path, capsys):
    """A function that shows the notices of a run, and returns what is printed."""

    def run(renamed, gone=()):
        notices = PoolNotices(tmp_path / "notices.json")
        notices.show("renamed images", renamed, lambda lines: f"renamed: {', '.join(lines)}")
        notices.show("images that are gone", gone, lambda lines: f"gone: {', '.join(lines)}")
        notices.finish()
        return [line.removeprefix("activepool: notice: ") for line in capsys.readouterr().err.splitlines()]

    return run


def test_a_notice_is_shown_when_it_is_new_and_later_summed_up(printed):
    assert printed(["a", "b"], ["c"]) == ["renamed: a, b", "gone: c"]
    for _ in range(2):
        assert printed(["a", "b"], ["c"]) == [
            "as in the last run: renamed images (2), images that are gone (1)"
        ]


def test_only_what_is_new_is_named(printed):
    printed(["a", "b"], ["c"])
    assert printed(["a", "b", "d"], ["c"]) == [
        "renamed: d",
        "as in the last run: renamed images (2), images that are gone (1)",
    ]


def test_what_was_settled_and_comes_again_is_new(printed):
    printed(["a"])
    assert printed([]) == []
    assert printed(["a"]) == ["renamed: a"]


def test_without_a_file_everything_is_shown(capsys):
    for _ in range(2):
        notices = PoolNotices()
        notices.show("files that are not taken", ["line"], lambda lines: lines[0], count=7)
        notices.finish()
        assert capsys.readouterr().err == "activepool: notice: line\n"
