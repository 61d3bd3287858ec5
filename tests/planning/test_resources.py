import asyncio
from types import SimpleNamespace
from typing import get_args

import pytest

from planning.configuration.datasets import Dataset
from planning.resources import LABELLED, ROUNDS_PER_GROUP, ExperimentResources


class File:
    """A file as Snakemake hands it to a function of resources."""

    def __init__(self, path):
        self.path = path

    async def size(self):
        return self.path.stat().st_size


def needs(finetunes=False, in_shards=False, kind="digits", annotations=None):
    dataset = SimpleNamespace(kind=kind, annotations=annotations)
    return ExperimentResources(
        SimpleNamespace(
            finetunes=finetunes,
            changes_features=finetunes,
            in_shards=in_shards,
            dataset=dataset,
            device="cpu",
        )
    )


def of_round(number):
    return SimpleNamespace(strategy="base", seed="3", round=f"{number:02d}")


def test_memory_and_time_grow_with_the_features_and_with_each_retry(tmp_path):
    (tmp_path / "features.h5").write_bytes(bytes(5_000_000))
    inputs = SimpleNamespace(features=File(tmp_path / "features.h5"))
    resources = needs().of_features(100, 10, share=1.5, minutes_per_gb=2000)
    memory, runtime = resources["mem_mb"], resources["runtime"]
    assert [memory(None, inputs, attempt, asyncio.run) for attempt in (1, 2, 3)] == [107, 215, 430]
    assert [runtime(None, inputs, attempt, asyncio.run) for attempt in (1, 2, 3)] == [20, 40, 80]


def test_an_unknown_size_is_requested_again(tmp_path):
    missing = SimpleNamespace(features=File(tmp_path / "features.h5"))
    with pytest.raises(FileNotFoundError):
        needs().of_features(100, 1, share=1, minutes_per_gb=1)["mem_mb"](None, missing, 1, asyncio.run)
    finetuning = needs(finetunes=True).of_features(100, 1, share=1, minutes_per_gb=1)
    assert finetuning["mem_mb"](None, missing, 2, asyncio.run) == 200


def test_groups_are_consecutive_rounds_of_one_chain():
    rounds = range(2 * ROUNDS_PER_GROUP + 2)
    groups = [needs().query_group(of_round(number)) for number in rounds]
    assert groups == [needs().training_group(of_round(number)) for number in rounds]
    sizes = [groups.count(group) for group in dict.fromkeys(groups)]
    assert sizes == [1, ROUNDS_PER_GROUP, ROUNDS_PER_GROUP, 1]
    assert groups == sorted(groups, key=groups.index)
    assert groups[1] == "base_seed3_rounds1"
    for ungrouped in (needs(finetunes=True), needs(in_shards=True)):
        assert ungrouped.query_group is None
        assert ungrouped.training_group is None
        assert ungrouped.retries is None


@pytest.mark.parametrize("kind", ["folder", "manifest", "embeddings"])
def test_no_group_joins_picks_with_a_job_that_may_wait_for_their_labels(kind):
    result = needs(kind=kind)
    for number in range(12):
        trained = result.training_group(of_round(number))
        assert trained == result.query_group(of_round(number + 1))
        assert trained != result.query_group(of_round(number))


@pytest.mark.parametrize("kind", ["digits", "folder"])
def test_late_labels_mean_no_groups_and_no_retries(kind):
    result = needs(kind=kind, annotations="bought.csv")
    assert (result.query_group, result.training_group, result.retries) == (None, None, 0)


def test_every_kind_of_dataset_has_labels_or_may_wait_for_them():
    members = get_args(get_args(Dataset)[0])
    kinds = {kind for member in members for kind in get_args(member.model_fields["kind"].annotation)}
    assert kinds - set(LABELLED) == {"folder", "manifest", "webdataset", "huggingface", "embeddings"}
