"""Keys that stand twice in a configuration file."""

import pytest

from planning.repeated_keys import repeated_keys

LAUGHS = "a0: &a0 {x: 1, x: 2}\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: {a: 1}\nc: [{a: 1}, {a: 2}]\n", []),
        ("a: 1\nb: 2\na: 3\n", ["a: is given twice, in lines 1 and 3; give it once"]),
        ("a: {b: {c: 1, d: 2,\n c: 3}}\n", ["a.b.c: is given twice, in lines 1 and 2; give it once"]),
        ("a:\n- 1\n- {b: 1, 'b': 2}\n", ["a.1.b: is given twice, in lines 3 and 3; give it once"]),
        ('{"a": 1,\n"a": 2}', ["a: is given twice, in lines 1 and 2; give it once"]),
        ("a: &a [*a]\n", []),
        (LAUGHS, ["a0.x: is given twice, in lines 1 and 1; give it once"]),
        ("", []),
        ("a: [", []),
        ("a: 1\n\ta: 2\n", []),
    ],
)
def test_each_is_told_once_with_its_lines(tmp_path, text, lines):
    (tmp_path / "trial.yaml").write_text(text)
    assert list(repeated_keys(tmp_path / "trial.yaml")) == lines


def test_what_is_no_file_of_text_has_none(tmp_path):
    (tmp_path / "trial.yaml").write_bytes(b"\xff\xfe")
    assert list(repeated_keys(tmp_path / "trial.yaml")) == []
    assert list(repeated_keys(tmp_path / "nothing.yaml")) == []
