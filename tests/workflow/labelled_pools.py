"""Pools of projects in the middle of their labelling, without a run of the workflow."""

from dataclasses import replace

import numpy as np
from PIL import Image

from activepool.features.store import FeatureMatrix
from activepool.labelling.pool.files import image_files
from activepool.labelling.pool.table import update_pool
from activepool.labelling.pool.vectors import vector_files
from activepool.ledger.book import append
from activepool.ledger.entries import Draft

#: A project whose first batch came back.
LABELLED_POOL = {"project": "pool", "images": "pool", "batch": 5, "strategy": "margin"}
LABELLED_POOL |= {"backbone": {"architecture": "identity", "image_size": 8}}


def write_labelled_pool(folder):
    """Write the tables of pools, and a ledger in which a batch went out and came back."""
    vectors = np.random.default_rng(0).normal(size=(40, 4))
    np.save(folder / "vectors.npy", vectors)
    update_pool(
        folder / "results/vectors/pool", vector_files(FeatureMatrix.from_array(vectors)), lambda part: True
    )
    (folder / "pool").mkdir()
    for number in range(8):
        Image.new("L", (8, 8), number * 30).save(folder / "pool" / f"{number}.png")
    sources = [f"{number}.png" for number in range(8)]
    files = image_files(folder / "results/pool/pool", folder / "pool", sources)
    for project in ("pool", "first"):
        update_pool(folder / f"results/{project}/pool", files, lambda part: True)
    sent = [
        Draft(event="sent", sample=file.sample, source=file.source, who="us", batch="batch01")
        for file in files[:4]
    ]
    labels = [replace(draft, event="label", label="ant" if draft is sent[0] else "bee") for draft in sent]
    append(folder / "pool.ledger.csv", sent)
    append(folder / "pool.ledger.csv", labels)
