"""docs/evidence.py: the curves of all seeds become the tables of the page of evidence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_rel

from activepool.plugins import load_module

ROOT = Path(__file__).parents[2]
EVIDENCE = load_module(str(ROOT / "docs" / "evidence.py"))
LABELS = [100, 150, 300]


def curves(*strategies, seeds=4, tail=False, stream=0):
    """Return random curves; those of a strategy depend on its name and ``stream`` alone."""
    rows = []
    for strategy in strategies:
        generator = np.random.default_rng([stream, *strategy.encode()])
        for seed in range(seeds):
            for number, labels in enumerate(LABELS):
                accuracies = generator.uniform(0.4, 0.6, size=2)
                tail_accuracy = generator.uniform() if tail else np.nan
                imbalances = generator.uniform(1, 9), generator.uniform()
                rows.append([strategy, seed, number, labels, *accuracies, tail_accuracy, *imbalances])
    return pd.DataFrame(rows, columns=EVIDENCE.KEYS + EVIDENCE.METRICS)


def cells(table):
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {row[0]: dict(zip(lines[0], row, strict=True)) for row in lines[2:]}


def areas(table, strategy, metric):
    """Return the mean heights of the curves, trapezoid by trapezoid."""
    heights = table[table["strategy"] == strategy].pivot(index="seed", columns="labels", values=metric)
    first, second, third = (heights[labels].to_numpy() for labels in LABELS)
    return (50 * (first + second) / 2 + 150 * (second + third) / 2) / 200


def half_width(values):
    return t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize(("tail", "metric"), [(False, "top1"), (True, "balanced_accuracy")])
def test_a_table_against_its_definition(tail, metric):
    names = ["random", "a", "b", "c"]
    table = curves(*names, tail=tail)
    rows = cells(EVIDENCE.table(table))
    assert list(rows) == [
        f"`{name}`" for name in sorted(names, key=lambda n: -areas(table, n, metric).mean())
    ]
    reference = areas(table, "random", metric)
    p_values = {name: ttest_rel(areas(table, name, metric), reference).pvalue for name in names[1:]}
    ranked = sorted(p_values, key=p_values.get)
    for name in names:
        row, area = rows[f"`{name}`"], areas(table, name, metric)
        last = table[(table["strategy"] == name) & (table["labels"] == LABELS[-1])]
        assert row["area"] == f"{100 * area.mean():.2f} ± {100 * half_width(area):.2f}"
        assert row["imbalance"] == f"{last['imbalance_ratio'].mean():.2g}"
        if name == "random":
            assert row["area − random"] == row["p"] == row.get("tail", "") == ""
            continue
        gain = area - reference
        expected = f"{100 * gain.mean():+.2f} ± {100 * half_width(gain):.2f}".replace("-", "−")
        assert row["area − random"] == expected
        corrected = max(
            (3 - rank) * p_values[other] for rank, other in enumerate(ranked[: ranked.index(name) + 1])
        )
        assert row["p"] == "1" if corrected >= 0.995 else abs(float(row["p"]) - corrected) < 0.006
        if tail:
            tail_gain = areas(table, name, "tail_accuracy") - areas(table, "random", "tail_accuracy")
            expected = f"{100 * tail_gain.mean():+.1f} ± {100 * half_width(tail_gain):.1f}".replace("-", "−")
            assert row["tail"] == expected


def test_where_a_class_may_have_no_label_imbalance_is_the_share_of_wrong_classes():
    """It may have none in the end, of which the column is; an earlier round does not matter."""
    table = curves("random", "a")
    last = table[(table["strategy"] == "a") & (table["labels"] == LABELS[-1])]
    table.loc[0, "imbalance_ratio"] = np.nan  # in the first round
    assert cells(EVIDENCE.table(table))["`a`"]["imbalance"] == f"{last['imbalance_ratio'].mean():.2g}"
    table.loc[2, "imbalance_ratio"] = np.nan  # in the last round of random
    share = 100 * last["imbalance_total_variation"].mean()
    assert cells(EVIDENCE.table(table))["`a`"]["imbalance"] == f"{share:.0f}"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00099, "< 0.001"),
        (0.001, "0.001"),
        (0.0994, "0.099"),
        (0.0995, "0.10"),
        (0.994, "0.99"),
        (0.995, "1"),
    ],
)
def test_p_values_have_two_digits(p, text):
    assert EVIDENCE._p_value(p) == text


def test_parts_of_a_comparison_are_the_whole():
    whole = curves("a", "b", "random")
    parts = [curves("random", "b"), curves("random", "a")]
    pd.testing.assert_frame_equal(EVIDENCE.joined(*parts).reset_index(drop=True), whole)
    again = pd.concat([curves("random"), curves("a", stream=1)])
    replaced = EVIDENCE.joined(curves("random", "a"), again)
    pd.testing.assert_frame_equal(
        replaced[replaced["strategy"] == "a"].reset_index(drop=True), curves("a", stream=1)
    )


def test_parts_with_other_curves_of_random_do_not_belong_together():
    with pytest.raises(ValueError, match="the curves of random are not those of the earlier run"):
        EVIDENCE.joined(curves("random", "a"), curves("random", "b", stream=1))
