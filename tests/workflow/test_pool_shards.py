"""The pool scored in shards: the same files, bit for bit, as in one piece."""

from pathlib import Path

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

from activepool.records.provenance import Record, record_path

pytestmark = pytest.mark.long

#: Five blocks of rows: three and eight shards differ, and some of the eight are empty.
ROWS = 20_000

STRATEGIES = ["base", "coreset", "badge", {"strategy": "cluster_margin", "leaves": 50, "clusters": 20}]


@pytest.fixture(scope="module")
def in_one_piece(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"), 1).results()


def run(path, shards):
    write_embeddings(path / "given.h5", size=ROWS)
    folder = Folder(path, EMBEDDINGS | {"strategies": STRATEGIES, "seeds": 1, "pool_shards": shards})
    folder.snakemake("results/trial/curves.csv", "results/trial/overlap.csv")
    return folder


@pytest.mark.parametrize("shards", [3, 8])
def test_files_are_those_of_one_piece(in_one_piece, shards, tmp_path):
    folder = run(tmp_path, shards)
    digests = folder.results()
    # In one piece `select` precomputes; in shards that is a file. Core-set does so where no state tells it.
    rounds = {"coreset": [1], "badge": [1, 2]}
    precomputed = {f"results/trial/{name}/seed0/round0{r}/scores.h5" for name in rounds for r in rounds[name]}
    assert digests.keys() - in_one_piece.keys() == precomputed
    digests = {path: digest for path, digest in digests.items() if path not in precomputed}
    assert sum(path.endswith("scores.h5") for path in digests) == 2 * 2
    assert sum(path.endswith("state.h5") for path in digests) == 2
    assert digests == in_one_piece
    # The parts are temporary; what was made of them is recorded, and fits.
    first = tmp_path / "results/trial/coreset/seed0/round01"
    read = Record.read(record_path(first / "selected.csv")).inputs
    assert "results/trial/coreset/seed0/round01/scores.h5" in read
    parts = Record.read(record_path(first / "scores.h5")).inputs
    assert {Path(path).name for path in parts} == {f"{shard}-of-{shards}.h5" for shard in range(shards)}
    assert not [*first.glob("scores/*.h5")]
    assert "problems: 0" in folder.snakemake("verify")
