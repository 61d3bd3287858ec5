"""CPU time of reading images from shards, relative to that of the same images in files.

    python benchmarks/image_storage.py --output storage.csv

JPEG files of smooth noise, with the usual size of ImageNet's, as files, in tar shards, and in Arrow and
Parquet files of Hugging Face's form. Each is read as the extraction reads it, in batches: ``in_order``, as
for features, and ``shuffled``, as in training. The values are milliseconds of CPU time per image in one
process, the least of repeats that interleave all rows; ``..._of_files`` is the ratio to the first row.
"""

import argparse
import json
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from photographs import smooth_images, write_dataset
from pyarrow import parquet

from activepool.backbones.backbone import Backbone
from activepool.backbones.registry import build
from activepool.compute.blocks import row_blocks
from activepool.data import huggingface, webdataset
from activepool.data.samples import write_samples
from activepool.features.images import PartImages, Request, load_requests
from activepool.io.files import write_table

#: Height and width of the images, and of what the network sees, in pixels.
FILE_SIZE, IMAGE_SIZE = (375, 500), 224

#: Images of a shard, and of a row group or batch in it, and of a batch of the network.
IN_SHARD, IN_GROUP, IN_BATCH = 1000, 100, 64

#: What Hugging Face notes in the schema.
FEATURES = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["any"]}}


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def write_shards(folder: Path, count: int) -> dict[str, Path]:
    """Write the files 0.jpg, 1.jpg, ... of a folder as shards; return the dataset.h5 of each form."""
    for form in ("tar", "arrow", "parquet"):
        (folder / form).mkdir()
    files = [folder / f"{number}.jpg" for number in range(count)]
    for block in row_blocks(count, IN_SHARD):
        write_shard(folder, f"train-{block.start:06}", files[block])
    write_shard(folder, "test-000000", files[:1])  # a dataset needs a test part
    loads = {"tar": webdataset.load, "arrow": huggingface.load, "parquet": huggingface.load}
    for form, load in loads.items():
        write_samples(folder / f"{form}.h5", load(folder / form))
    return {form: folder / f"{form}.h5" for form in loads}


def write_shard(folder: Path, name: str, files: list[Path]) -> None:
    """Write files as a shard of each form."""
    label = folder / "any.cls"
    label.write_text("any", encoding="utf-8")
    with tarfile.open(folder / f"tar/{name}.tar", "w") as archive:
        for file in files:
            archive.add(file, file.name)
            archive.add(label, f"{file.stem}.cls")
    cells = [{"bytes": file.read_bytes(), "path": file.name} for file in files]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(cells, kind), "label": [0] * len(files)})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": FEATURES}})})
    parquet.write_table(table, folder / f"parquet/{name}.parquet", row_group_size=IN_GROUP)
    with (
        pa.OSFile(str(folder / f"arrow/{name}.arrow"), "wb") as out,
        pa.ipc.new_stream(out, table.schema) as stream,
    ):
        stream.write_table(table, max_chunksize=IN_GROUP)


def milliseconds(dataset: Path, backbone: Backbone, order: np.ndarray) -> float:
    """Return the CPU time per image of reading all images in an order."""
    start = time.process_time()
    images = PartImages(dataset, "train", backbone.preprocessing)
    requests = (Request(order[block]) for block in row_blocks(len(order), IN_BATCH))
    for _ in load_requests(images, requests, workers=0, pinned=False):
        pass
    return 1000 * (time.process_time() - start) / len(order)


def measure(datasets: dict[str, Path], arguments: argparse.Namespace) -> pd.DataFrame:
    """Return a row for each storage."""
    backbone = build("identity", IMAGE_SIZE, 3)
    in_order = np.arange(arguments.images)
    orders = {"in_order": in_order, "shuffled": np.random.default_rng(0).permutation(in_order)}
    times = {(storage, name): [] for storage in datasets for name in orders}
    for _ in range(arguments.repeats):
        for storage, name in times:
            times[storage, name].append(milliseconds(datasets[storage], backbone, orders[name]))
    least = {key: min(values) for key, values in times.items()}
    table = pd.DataFrame([{name: least[storage, name] for name in orders} for storage in datasets])
    ratios = (table / table.iloc[0]).add_suffix("_of_files")
    return pd.concat([pd.DataFrame({"storage": list(datasets)}), table, ratios], axis=1)


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        files = write_dataset(Path(folder), smooth_images(arguments.images, *FILE_SIZE))
        table = measure({"files": files} | write_shards(Path(folder), arguments.images), arguments)
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if arguments.output:
        write_table(arguments.output, table)


if __name__ == "__main__":
    main()
