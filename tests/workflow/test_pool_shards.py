"""The pool scored and measured in shards: the same files, bit for bit, as in one piece."""

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

pytestmark = pytest.mark.long

#: Five blocks of rows: three and eight shards differ, and some of the eight are empty.
ROWS = 20_000

STRATEGIES = ["base", "coreset", "badge", {"strategy": "cluster_margin", "leaves": 50, "clusters": 20}]


@pytest.fixture(scope="module")
def in_one_piece(tmp_path_factory):
    return results(tmp_path_factory.mktemp("whole"), 1)


def results(path, shards):
    write_embeddings(path / "given.h5", size=ROWS)
    folder = Folder(path, EMBEDDINGS | {"strategies": STRATEGIES, "seeds": 1, "pool_shards": shards})
    folder.snakemake("results/trial/curves.csv", "results/trial/overlap.csv")
    return folder.results()


@pytest.mark.parametrize("shards", [3, 8])
def test_files_are_those_of_one_piece(in_one_piece, shards, tmp_path):
    found = results(tmp_path, shards)
    assert sum(path.endswith("scores.h5") for path in found) == 2 * 2
    assert sum(path.endswith("state.h5") for path in found) == 2
    assert found == in_one_piece
