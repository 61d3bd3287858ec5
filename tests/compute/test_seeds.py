"""Random streams are named by seed, round and stage."""

from activepool.compute.seeds import generator, integer_seed


def test_streams_differ_by_seed_round_and_stage_and_repeat():
    keys = [(seed, number, stage) for seed in (0, 1) for number in (0, 1) for stage in ("train", "select")]
    draws = [generator(*key).integers(0, 2**62) for key in keys]
    assert len(set(draws)) == len(keys)
    assert draws == [generator(*key).integers(0, 2**62) for key in keys]
    seeds = [integer_seed(*key) for key in keys]
    assert len(set(seeds)) == len(keys)
    assert all(0 <= seed < 2**63 for seed in seeds)
