"""Text is UTF-8, whatever the locale: every call that opens a text file says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    file for room in ("workflow", "docs", "benchmarks", "envs") for file in (ROOT / room).rglob("*.py")
)

#: These open no text, although their name is ``open``.
OTHER_OPENS = ("Image.open", "os.open", "archive.open", "tarfile.open", "tab.open")


def without_encoding(source: str) -> Iterator[int]:
    """Yield the lines of the calls that leave the encoding of a text to the locale."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or "encoding" in {keyword.arg for keyword in node.keywords}:
            continue
        name = ast.unparse(node.func)
        reads_text = name.endswith((".read_text", ".write_text")) or "text" in {
            keyword.arg for keyword in node.keywords
        }
        if reads_text or (
            name.rpartition(".")[2] == "open" and name not in OTHER_OPENS and not is_binary(node)
        ):
            yield node.lineno


def is_binary(call: ast.Call) -> bool:
    modes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(
        "b" in keyword.value
        for keyword in modes
        if isinstance(keyword, ast.Constant) and isinstance(keyword.value, str)
    )


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("path.read_text()", 1),
        ("path.write_text('a')", 1),
        ("open('a')", 1),
        ("path.open('w', newline='')", 1),
        ("run([], text=True)", 1),
        ("path.open('rb')", 0),
        ("open('a', encoding='utf-8')", 0),
        ("Image.open('a')", 0),
    ],
)
def test_a_call_is_found(call, found):
    assert len(list(without_encoding(call))) == found


def test_every_text_file_is_opened_as_utf_8():
    calls = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in FILES
        for line in without_encoding(file.read_text(encoding="utf-8"))
    ]
    assert not calls
