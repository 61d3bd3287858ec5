"""Parquet and Arrow files as Hugging Face's `datasets` writes them, listed without reading their images.

A column of images has structs of ``bytes`` and ``path``, or bytes. The schema's metadata has the names of the
classes. Arrow stores the bytes as they are, so that an image is a place in the file; in Parquet it is a row
of a compressed row group. See https://huggingface.co/docs/datasets/about_arrow.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from activepool.data.huggingface_labels import label_problem, label_text
from activepool.data.packed_images import Cell, Member
from activepool.data.shard_samples import ShardPart
from activepool.data.shards import is_unlabelled
from activepool.errors import InputError, abbreviated, importing, one_line
from activepool.io.files import LFS_PROBLEM, RepeatedKeyError, distinct_keys, is_lfs_pointer

#: The usual names of the columns.
IMAGE, LABEL = "image", "label"

#: How Parquet files begin, and Arrow files that are not streams.
PARQUET, ARROW_FILE = b"PAR1", b"ARROW1"

#: The places of consecutive images, None for a row without one; which have 0 bytes; and their labels.
Block = tuple[Sequence[Member | Cell | None], Sequence[bool], Any]


@dataclass(frozen=True)
class Columns:
    """The columns that are read: that of images is number ``index``, perhaps of structs of bytes and path.

    The numbers of labels stand for ``class_names``, which are empty if the schema names none. ``label`` is
    None if there is no such column.
    """

    image: str
    label: str | None
    index: int
    is_struct: bool
    class_names: list[str]

    @classmethod
    def from_schema(
        cls, schema: Any, image: str | None, label: str | None, may_lack_label: bool
    ) -> "Columns":
        """Find the columns of a schema; raises InputError if they are missing, or of another type."""
        features = _features(schema)
        image_columns = [
            name for name, kind in zip(schema.names, schema.types, strict=True) if _has_bytes(kind)
        ]
        class_columns = [name for name in schema.names if _names_in(features, name)]
        image = image or _default_name("image", IMAGE, image_columns, schema)
        label = label or _default_name("label", LABEL, class_columns, schema)
        label_columns = _label_candidates(schema, class_columns)
        for name in (image, label):
            if schema.names.count(name) > 1:
                raise InputError(f"has several columns {name!r}; rename or remove all but one")
        for key, name, candidates in (("image", image, image_columns), ("label", label, label_columns)):
            if name not in schema.names and not (name == label and may_lack_label):
                near = [] if name in (IMAGE, LABEL) else get_close_matches(name, candidates, n=1)
                remedy = f"; say which: {key}: {[*near, *candidates][0]}" if candidates else ""
                raise InputError(f"has no column {name!r} (it has {', '.join(schema.names)}){remedy}")
        if image not in image_columns:
            remedy = f"; image: {image_columns[0]} is such a column" if image_columns else ""
            raise InputError(
                f"image: the column {image!r} is {schema.field(image).type}; it must be bytes, or structs of "
                f"bytes and path{remedy}"
            )
        index = schema.names.index(image)
        names, column = _names_in(features, label), label if label in schema.names else None
        return cls(image, column, index, not _is_bytes(schema.types[index]), names)


def read_file(
    root: Path,
    shard: str,
    image: str | None,
    label: str | None,
    part: ShardPart,
    misfits: dict[str, list[str]],
    finds_empty: bool,
) -> list[str] | None:
    """Add the images of a file in ``root`` to ``part``, and a line for each missing image, and for damage.

    A file whose columns do not fit joins the list of the ``misfits`` with the same problem.

    The columns are by default ``image``, or the only one of images, and ``label``, or the only one whose
    classes have names. ``finds_empty`` reads the images of Parquet files, if need be, to find those of 0
    bytes.

    Returns: the names of the classes in the schema, [] if it has none; None for a damaged file, and for a
    file without labels, as those of unlabelled images may be.
    """
    with importing("pyarrow", f"{root / shard}: reading it needs"):
        from pyarrow import ArrowException
    row, has_bad_label = 0, False
    try:
        path = root / shard
        schema, blocks = _parquet(path, shard, finds_empty) if _is_parquet(path) else _arrow(path, shard)
        columns = Columns.from_schema(schema, image, label, is_unlabelled(shard))
        part.label_type = str(schema.field(columns.label).type) if columns.label else part.label_type
        for places, are_empty, labels in blocks(columns):
            for place, is_empty, value in zip(places, are_empty, labels.to_pylist(), strict=True):
                source = f"{shard}/{row}"
                row += 1
                if (text := label_text(value, columns.class_names)) is None:
                    if not has_bad_label:  # most likely all are
                        part.problems.append(
                            f"{source}: the label {label_problem(value, columns.class_names)}"
                        )
                    has_bad_label = part.lacks_labels = True
                elif place is None:
                    problem = f"has no bytes in the column {columns.image}; store the images in the file"
                    part.reject(source, text, problem)
                else:
                    part.add(place, text, is_empty)
        return columns.class_names if columns.label else None
    except InputError as error:
        misfits.setdefault(str(error), []).append(shard)
    except (ArrowException, OSError) as error:
        position = f" after row {row - 1}" if row else ""
        problem = f"is damaged{position} ({one_line(error)}); copy it again"
        if is_lfs_pointer(root / shard):
            problem = f"is {LFS_PROBLEM}"
        part.problems.append(f"{shard}: {problem}")
    part.lacks_labels = True
    return None


def _parquet(path: Path, shard: str, finds_empty: bool) -> tuple[Any, Callable[[Columns], Iterator[Block]]]:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    metadata = file.metadata

    def blocks(columns: Columns) -> Iterator[Block]:
        row, place = 0, Path(shard)
        leaf = f"{columns.image}.bytes" if columns.is_struct else columns.image
        for group in range(metadata.num_row_groups):
            labels = _no_labels(metadata.row_group(group).num_rows)
            if columns.label:
                labels = file.read_row_group(group, columns=[columns.label]).column(0)
            missing = empty = [False] * len(labels)
            statistics = _statistics(metadata.row_group(group), leaf)
            if _may_miss(statistics) or (finds_empty and _may_be_empty(statistics)):
                images = file.read_row_group(group, columns=[leaf]).column(0).combine_chunks()
                missing, empty = _without_bytes(images, columns)
            places = [
                None if is_missing else Cell(place, str(row + number), columns.index, group, number)
                for number, is_missing in enumerate(missing)
            ]
            yield places, empty, labels
            row += len(labels)

    return file.schema_arrow, blocks


def _arrow(path: Path, shard: str) -> tuple[Any, Callable[[Columns], Iterator[Block]]]:
    import pyarrow as pa

    whole = pa.memory_map(str(path)).read_buffer()
    if whole[: len(ARROW_FILE)].to_pybytes() == ARROW_FILE:
        file = pa.ipc.open_file(whole)
        schema, batches = file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    else:
        stream = pa.ipc.open_stream(whole)
        schema, batches = stream.schema, iter(stream)

    def blocks(columns: Columns) -> Iterator[Block]:
        row, place = 0, Path(shard)
        for batch in batches:
            images = batch.column(columns.image)
            missing, empty = _without_bytes(images, columns)
            content = images.field("bytes") if columns.is_struct else images
            _, ends, values = content.buffers()
            kind = np.int64 if pa.types.is_large_binary(content.type) else np.int32
            bounds = np.frombuffer(ends, kind)[content.offset :][: len(content) + 1].astype(np.int64)
            first = values.address - whole.address if len(bounds) and bounds[-1] > bounds[0] else 0
            if not 0 <= first < whole.size:
                raise InputError("is compressed, so that no image in it has a place; save it uncompressed")
            spans = zip(bounds[:-1].tolist(), bounds[1:].tolist(), missing, strict=True)
            places = [
                None if is_missing else Member(place, str(row + number), first + start, stop - start)
                for number, (start, stop, is_missing) in enumerate(spans)
            ]
            labels = batch.column(columns.label) if columns.label else _no_labels(len(images))
            yield places, empty, labels
            row += len(images)

    return schema, blocks


def _is_parquet(path: Path) -> bool:
    """Return whether a file is of Parquet, by its first bytes or, if these are damaged, by its name."""
    with path.open("rb") as stream:
        return stream.read(len(PARQUET)) == PARQUET or path.suffix.lower() == ".parquet"


def _no_labels(rows: int) -> Any:
    import pyarrow as pa

    return pa.nulls(rows)


def _statistics(group: Any, leaf: str) -> Any:
    columns = [group.column(number) for number in range(group.num_columns)]
    (statistics,) = [column.statistics for column in columns if column.path_in_schema == leaf]
    return statistics


def _may_miss(statistics: Any) -> bool:
    return statistics is None or not statistics.has_null_count or statistics.null_count > 0


def _may_be_empty(statistics: Any) -> bool:
    """Return whether a row group may have images of 0 bytes: the smallest is unknown if one is large."""
    return statistics is None or not statistics.has_min_max or not statistics.min_raw


def _without_bytes(images: Any, columns: Columns) -> tuple[list[bool], list[bool]]:
    """Return which rows have no bytes, as those with no value or only a path, and which have 0 bytes."""
    from pyarrow import compute

    content = compute.struct_field(images, "bytes") if columns.is_struct else images
    is_empty = compute.fill_null(compute.equal(compute.binary_length(content), 0), False)
    return compute.is_null(content).to_pylist(), is_empty.to_pylist()


def _features(schema: Any) -> dict[str, Any]:
    """Return what `datasets` notes about the columns; {} if another program wrote the file."""
    try:
        note = json.loads((schema.metadata or {})[b"huggingface"], object_pairs_hook=distinct_keys)
        features = note["info"]["features"]
    except RepeatedKeyError as error:
        raise InputError(f"its schema {error}") from None
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def _names_in(features: dict[str, Any], name: str) -> list[str]:
    feature = features.get(name)
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, dict):  # of numbers and names, as in the cards of data sets
        numbers = list(map(str, range(len(names))))
        if set(names) != set(numbers):
            raise InputError(
                f"its schema numbers the classes of {name!r} {abbreviated(list(names))}; it must list their "
                f"names, or number them 0 to {len(names) - 1}"
            )
        names = [names[number] for number in numbers]
    return list(map(str, names)) if isinstance(names, list) else []


def _has_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return _is_bytes(kind)
    number = kind.get_field_index("bytes")
    return number >= 0 and _is_bytes(kind.field(number).type)


def _is_bytes(kind: Any) -> bool:
    return str(kind) in ("binary", "large_binary")


def _label_candidates(schema: Any, class_columns: list[str]) -> list[str]:
    """Return the columns of text and whole numbers, first those called ``label`` or with named classes."""
    import pyarrow as pa

    kinds = pa.types.is_integer, pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary
    columns = zip(schema.names, schema.types, strict=True)
    candidates = [name for name, kind in columns if any(is_kind(kind) for is_kind in kinds)]
    return sorted(candidates, key=lambda name: (name.lower() != LABEL, name not in class_columns))


def _default_name(key: str, usual_name: str, names: list[str], schema: Any) -> str:
    """Return the usual name of a column if there is one, or else the only one of its kind."""
    if usual_name in schema.names or not names:
        return usual_name
    if len(names) > 1:
        raise InputError(f"has several columns for {key} ({', '.join(names)}); say which: {key}: {names[0]}")
    return names[0]
