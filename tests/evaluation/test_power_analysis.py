import numpy as np
import pytest
from scipy import stats

from activepool.evaluation.power import POWER, detectable_effect, power, seeds_needed


@pytest.mark.parametrize(
    ("effect", "seeds", "level"), [(1.0, 10, 0.05), (0.5, 5, 0.2), (-2.0, 3, 0.01), (0.0, 4, 0.1)]
)
def test_power_is_the_share_of_simulated_experiments_that_find_the_effect(effect, seeds, level):
    drawn = np.random.default_rng(0).normal(effect, 1, size=(100_000, seeds))
    is_found = stats.ttest_1samp(drawn, 0, axis=1).pvalue < level
    assert power(effect, seeds, level) == pytest.approx(is_found.mean(), abs=0.006)


@pytest.mark.parametrize(("effect", "seeds"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_cohens_small_medium_and_large_effects(effect, seeds):
    """The sample sizes that textbooks give for a paired test at 5 % with a power of 80 %."""
    assert seeds_needed(effect, 0.05) == seeds


@pytest.mark.parametrize("seeds", [2, 3, 10, 50])
@pytest.mark.parametrize("level", [0.1, 0.05 / 30])
def test_the_detectable_effect_is_found_with_the_power(seeds, level):
    effect = detectable_effect(seeds, level)
    assert power(effect, seeds, level) == pytest.approx(POWER, abs=1e-6)
    assert seeds_needed(effect * (1 + 1e-6), level) == seeds


@pytest.mark.parametrize("level", [0.05, 0.05 / 25])
def test_one_seed_less_is_not_enough(level):
    """Also where a search meets numbers of seeds so large that SciPy's tails underflow."""
    for effect in np.geomspace(0.02, 3, 120):
        seeds = int(seeds_needed(effect, level))
        assert power(effect, seeds, level) >= POWER > power(effect, seeds - 1, level)


def test_extreme_effects_have_extreme_powers():
    assert np.isnan(detectable_effect(1, 0.05))
    assert seeds_needed(0, 0.05) == np.inf
    assert seeds_needed(1e6, 0.05) == 2
    assert power(1e6, 2, 0.05) == 1
