"""Label files with random damage: refused in plain words or read, and never a traceback."""

import json
import random
from collections import Counter

import pytest
from exports import archive, tag, xml
from ledgers import draft, sent
from reading import BATCH, CLASSES, POOL, read
from test_label_studio import annotation, short, task

from activepool.errors import InputError
from activepool.ledger.book import append
from activepool.ledger.book import read as read_ledger
from activepool.ledger.formats import csv_file

VALUES = [None, True, 1, 1.5, "", [], {}, "x", ["cat"], {"a": 1}, [[]], -1, 10**30]
TEXTS = [
    b'"',
    b",",
    b"\n",
    b"\0",
    b"{",
    b"[",
    b"<",
    b"&",
    b"1",
    b"null",
    b"NaN",
    b"\xff",
    b"\r",
    b"{}",
    b"[]",
]


def csv_files(folder):
    csv_file.write(folder / "batch.csv", BATCH)
    return [(folder / "batch.csv").read_bytes().replace(b",,,,", b",cat,anna,x,")]


FILES = {
    "csv": csv_files,
    "label_studio": lambda folder: [
        json.dumps([task(0, annotation("cat")), task(1, annotation(cancelled=True)), task(2)]).encode(),
        json.dumps([short(0, choice="cat"), short(1)]).encode(),
    ],
    "cvat": lambda folder: [
        xml(("a/1.jpg", tag("cat")), ("a/2.jpg", "")).encode(),
        archive(folder, {"annotations.xml": xml(("a/1.jpg", tag("cat")))}).read_bytes(),
    ],
    "imagenet": lambda folder: [
        archive(folder, {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n"}).read_bytes(),
        archive(folder, {"cat/a/1.jpg": b"pixels"}).read_bytes(),
    ],
    "fiftyone": lambda folder: [
        json.dumps(
            {"classes": ["cat"], "labels": {"a/1": 0, "2": {"label": "cat", "confidence": 0.5}}}
        ).encode()
    ],
}


def damaged(content, chance):
    """Return a content of which some bytes are lost, added, changed or repeated."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        start = chance.randrange(len(content) + 1)
        end = start + chance.choice([1, 1, 2, 10, 50])
        middle = chance.choice(
            [b"", chance.choice(TEXTS), bytes([chance.randrange(256)]), content[end : 2 * end]]
        )
        content = content[:start] + middle + content[end:]
    return content


def other_values(value, chance):
    """Return a value of JSON of which some parts are lost or others."""
    if chance.random() < 0.15:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        return {key: other_values(inner, chance) for key, inner in value.items() if chance.random() > 0.05}
    if isinstance(value, list):
        return [other_values(inner, chance) for inner in value if chance.random() > 0.05]
    return value


@pytest.mark.parametrize("tool", FILES)
def test_no_damage_of_a_label_file_causes_a_traceback(tmp_path, tool):
    chance, ends = random.Random(tool), Counter()
    contents = FILES[tool](tmp_path)
    for trial in range(200):
        content = chance.choice(contents)
        if content[:1] in b"{[" and trial % 2:
            content = json.dumps(other_values(json.loads(content), chance)).encode()
        else:
            content = damaged(content, chance)
        path = tmp_path / f"damaged.{'csv' if tool == 'csv' else 'json'}"
        path.write_bytes(content)
        try:
            read(tool, path, POOL, CLASSES, skip_bad=bool(trial % 3))
            ends["read"] += 1
        except InputError as error:
            assert all(line and "\n" not in line for line in error.args)
            ends["refused"] += 1
    assert ends["refused"] > 20
    assert ends["read"] > 5


def test_no_damage_of_a_ledger_loses_an_entry(tmp_path):
    path, chance, ends = tmp_path / "labels.csv", random.Random(0), Counter()
    append(path, [*sent("a", "b"), draft(of="a"), draft(of="b", label='a, "b"')])
    whole, entries = path.read_bytes(), read_ledger(path).entries
    for _ in range(200):
        path.write_bytes(damaged(whole, chance))
        try:
            assert read_ledger(path).entries[:4] == entries
            ends["read"] += 1
        except InputError as error:
            assert all(line.startswith(str(path)) and "\n" not in line for line in error.args)
            ends["refused"] += 1
    path.unlink()
    append(path, [])
    assert path.read_bytes() == whole
    assert ends["refused"] > 20
