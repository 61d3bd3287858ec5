"""Errors in the text of a configuration file."""

import pytest

from planning.configuration.text import hidden_by_yaml, unreadable

LAUGHS = "a0: &a0 {x: 1, x: 2}\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)
OCTAL = "in which a leading 0 means base 8; write the number in base 10"
SIXTY = "in which colons mean base 60; write the number in base 10"


def written(tmp_path, text):
    path = tmp_path / "trial.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: {a: 1}\nc: [{a: 1}, {a: 2}]\n", []),
        ("a: 1\nb: 2\na: 3\n", ["a: is given twice, in lines 1 and 3; give it once"]),
        ("a: {b: {c: 1, d: 2,\n c: 3}}\n", ["a.b.c: is given twice, in lines 1 and 2; give it once"]),
        ("a:\n- 1\n- {b: 1, 'b': 2}\n", ["a.1.b: is given twice, in lines 3 and 3; give it once"]),
        ('{"a": 1,\n"a": 2}', ["a: is given twice, in lines 1 and 2; give it once"]),
        (LAUGHS, ["a0.x: is given twice, in lines 1 and 1; give it once"]),
        ("", []),
        ("\ufeffa: 1\r\nb: é\r\n", []),
        ("a: &a {b: 1}\nc: *a\nd: *a\n", []),
    ],
)
def test_each_repeated_key_has_one_message_with_its_lines(tmp_path, text, lines):
    path = written(tmp_path, text)
    assert list(hidden_by_yaml(path)) == lines
    assert unreadable(path) is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 010\n", [f"a: 010 is 8 in YAML, {OCTAL}"]),
        ("a: {b: [1, -0_17]}\n", [f"a.b.1: -0_17 is -15 in YAML, {OCTAL}"]),
        ("a: 1:30\n", [f"a: 1:30 is 90 in YAML, {SIXTY}"]),
        ("a: 1:30.5\n", [f"a: 1:30.5 is 90.5 in YAML, {SIXTY}"]),
        ("a: '010'\nb: 08\nc: 0\nd: 0.5\ne: 007\nf: 1e-3\ng: 0x10\nh: 1_000\n", []),
    ],
)
def test_numbers_in_another_base_are_errors(tmp_path, text, lines):
    path = written(tmp_path, text)
    assert list(hidden_by_yaml(path)) == lines
    assert unreadable(path) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &a [*a]\n", "a.0: line 1: an alias names a section that contains it"),
        ("a: &a {b: {c: *a}}\n", "a.b.c: line 1: an alias names a section that contains it"),
        ("a: [", "line 1: expected the node content, but found '<stream end>'"),
        ("a: 1\n\tb: 2\n", "line 2: found character '\\t' that cannot start any token; indent with blanks"),
        ("a: 1\n---\nb: 2\n", "line 2: found another document"),
        ("a: *b\n", "line 1: found undefined alias 'b'"),
        ("? [a]\n: 1\n? {b: 1}\n: 1\n", "line 1: found unhashable key"),
        ("a: " + "9" * 5000, "cannot be read as YAML (Exceeds the limit"),
        ("a: 2024-13-45\n", "cannot be read as YAML (month must be in 1..12"),
        ("[" * 100_000, "its sections are nested too deeply"),
        ("a: !!python/object:os.system {}\n", "line 1: could not determine a constructor for the tag"),
        ("a: b\0c\n", "line 1 has a NUL byte"),
        ("a: \x07\n", "cannot be read as YAML (unacceptable character #x0007"),
        ("a: 1\nb: \xe9\n".encode("latin-1"), "line 2 is not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "is encoded as UTF-16; save it as UTF-8"),
        ("a: 1\n".encode("utf-32"), "is encoded as UTF-32; save it as UTF-8"),
        ("a: 1\n".encode("utf-32-le"), "is encoded as UTF-32; save it as UTF-8"),
        ("a: 1\n".encode("utf-32-be"), "is encoded as UTF-32; save it as UTF-8"),
    ],
)
def test_unreadable_yaml_is_one_line(tmp_path, text, words):
    path = written(tmp_path, text)
    assert unreadable(path).startswith(words) and "\n" not in unreadable(path)
    assert list(hidden_by_yaml(path)) == []


def test_a_missing_file_is_one_line(tmp_path):
    assert unreadable(tmp_path / "nothing.yaml").startswith("does not exist here; start in its folder")
    assert list(hidden_by_yaml(tmp_path / "nothing.yaml")) == []
