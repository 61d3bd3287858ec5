"""Writes tables of pictures and labels as the datasets package does, as Parquet and Arrow files."""

import json

import pyarrow as pa
from data.shard_files import picture
from pyarrow import parquet

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
NAMES = ["ant", "bee"]


def table(numbers, labels, names=NAMES, image="image", label="label", images=None):
    """Return a table of pictures as `datasets` writes it."""
    cells = [{"bytes": picture(number), "path": f"{number}.png"} for number in numbers]
    columns = {"id": pa.array([str(number) for number in numbers])}
    columns |= {image: pa.array(cells, IMAGE) if images is None else images, label: pa.array(labels)}
    features = {"id": {"dtype": "string", "_type": "Value"}, image: {"_type": "Image"}}
    features[label] = {"names": names, "_type": "ClassLabel"} if names else {"dtype": "int64"}
    return pa.table(columns).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )


def write(path, *arguments, rows=2, **options):
    """Write a table in row groups or batches of ``rows``, in the form that the name of the file says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = table(*arguments, **options)
    if path.suffix == ".parquet":
        parquet.write_table(content, path, row_group_size=rows)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, content.schema) as stream:
            stream.write_table(content, max_chunksize=rows)
    return path


def write_all(folder, ending):
    """Write pictures 0 to 5 as two files of the train part, and 6 and 7 as the test part."""
    if ending == "parquet":
        names = [f"data/{name}.parquet" for name in ("train-0-of-2", "train-1-of-2", "test-0-of-1")]
    else:
        names = [f"{name}.arrow" for name in ("train/data-0-of-2", "train/data-1-of-2", "test/data-0-of-1")]
    for name, numbers in zip(names, ([0, 1, 2], [3, 4, 5], [6, 7]), strict=True):
        write(folder / name, numbers, [int(number in (3, 4, 5, 7)) for number in numbers])
    return names
