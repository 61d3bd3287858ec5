"""A whole label file of each format, and what people answered in it."""

import csv
import hashlib
import io
import json
import zipfile
from xml.sax.saxutils import quoteattr

from activepool.ledger.formats import csv_file
from activepool.ledger.pool_samples import PoolSamples

#: What is answered of each picture: a class, a mark, or nothing yet.
ANSWERS = {
    "a/1.jpg": "cat",
    "b/1.jpg": "dog",
    "a/2.jpg": "red fox",
    "c d/3.jpg": "cannot_tell",
    "e.jpg": "",
    "ü/4.png": "cat",
}

CLASSES = ("cat", "dog", "red fox")

WHEN = "2026-11-28T09:00:00.123456Z"


def pixels(source: str) -> bytes:
    return f"pixels of {source}".encode()


def sample_of(source: str) -> str:
    return hashlib.sha256(pixels(source)).hexdigest()


POOL = PoolSamples([sample_of(source) for source in ANSWERS], list(ANSWERS), root="/data/photographs")


def answered() -> dict[str, str]:
    """Return what a whole file says, by sample."""
    return {sample_of(source): label for source, label in ANSWERS.items() if label}


def table(header: tuple[str, ...], rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def packed(members: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def own(source: str) -> dict[str, str]:
    return {"sample": sample_of(source), "source": source, "batch": "batch01"}


def task(number: int, source: str, label: str) -> dict[str, object]:
    value = {"choices": [label]}
    result = {"from_name": "choice", "to_name": "image", "type": "choices", "value": value}
    annotation = {"completed_by": 1, "result": [result], "was_cancelled": False, "updated_at": WHEN}
    data = {"image": f"/data/local-files/?d={source}", **own(source)}
    return {"id": number, "data": data, "annotations": [annotation] if label else [], "predictions": []}


def short(number: int, source: str, label: str) -> dict[str, object]:
    record = {"id": number, "image": source, **own(source), "annotator": 1, "updated_at": WHEN}
    return record | ({"choice": label} if label else {})


def cvat_xml() -> str:
    images = [
        f'  <image id="{number}" name={quoteattr(source)} width="4" height="4">'
        + (f'<tag label={quoteattr(label)} source="manual"></tag>' if label else "")
        + "</image>\n"
        for number, (source, label) in enumerate(ANSWERS.items())
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
    return head + "".join(images) + "</annotations>\n"


def whole_files() -> dict[str, bytes]:
    """Return a file of each format, by a name for it."""
    marks = (*CLASSES, "cannot_tell")
    named = [{"source": source, "label": label} for source, label in ANSWERS.items()]
    numbered = "".join(
        f'"{source.rpartition(".")[0]}".{source.rpartition(".")[2]} {marks.index(label) if label else ""}\n'
        for source, label in ANSWERS.items()
    )
    tasks = [task(number, *pair) for number, pair in enumerate(ANSWERS.items())]
    records = [short(number, *pair) for number, pair in enumerate(ANSWERS.items())]
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    labels = {source.rpartition(".")[0]: label or None for source, label in ANSWERS.items()}
    return {
        "list.csv": table(csv_file.COLUMNS, [row | own(row["source"]) for row in named]),
        "plain.csv": table(("source", "label"), named),
        "corrections.csv": table(
            ("source", "correction"), [{"source": row["source"], "correction": row["label"]} for row in named]
        ),
        "tasks.json": json.dumps(tasks, indent=1, ensure_ascii=False).encode(),
        "short.json": json.dumps(records, ensure_ascii=False).encode(),
        "short.csv": table(
            (*columns, "annotation_id"), [record | {"annotation_id": 1} for record in records]
        ),
        "cvat.xml": cvat_xml().encode(),
        "cvat.zip": packed({"annotations.xml": cvat_xml()}),
        "lists.zip": packed({"synsets.txt": "\n".join(marks), "default.txt": numbered}),
        "pictures.zip": packed(
            {f"{label or 'no_label'}/{source}": pixels(source) for source, label in ANSWERS.items()}
        ),
        "labels.json": json.dumps({"classes": list(CLASSES), "labels": labels}, ensure_ascii=False).encode(),
    }
