import numpy as np
import pytest

from activepool.figures.latex import escaped, latex_cell, latex_table
from activepool.figures.settings import Settings
from activepool.figures.typesetting import (
    Grid,
    Typeset,
    number_cells,
    p_value_cells,
    significantly_best,
    text_cells,
)

SETTINGS = Settings(oracles=("oracle",))


@pytest.mark.parametrize(
    ("value", "half_width", "cell"),
    [
        (78.2247, 1.8252, r"$78.2 \pm 1.8$"),
        (78.2247, 12.7062, r"$78 \pm 13$"),
        (78.2247, 123.4, r"$78 \pm 123$"),
        (0.98123, 0.00261, r"$0.9812 \pm 0.0026$"),
        (0.98123, 0.0000021, r"$0.9812 \pm 0.0000$"),
        (-3.5, 0.5, r"$-3.50 \pm 0.50$"),
        (78.2247, np.nan, "$78.2$"),
        (0.0312, np.nan, "$0.0312$"),
        (1234.5, np.nan, "$1234$"),
        (100.0, 0.0, r"$100 \pm 0$"),
        (0.0, np.nan, "$0.00$"),
        (np.nan, 1.0, "--"),
    ],
)
def test_digits_are_those_that_the_interval_leaves(value, half_width, cell):
    assert [*map(latex_cell, number_cells(np.array([value]), np.array([half_width])))] == [cell]


def test_the_best_is_bold_and_what_is_marked_has_a_star():
    cells = number_cells(
        np.array([1.0, -2.0]),
        np.array([0.1, 0.1]),
        signed=True,
        best=np.array([True, False]),
        marked=np.array([True, True]),
    )
    assert [*map(latex_cell, cells)] == [r"$\mathbf{+1.00 \pm 0.10}^{*}$", r"$-2.00 \pm 0.10^{*}$"]


def test_p_values():
    cells = p_value_cells(np.array([0.0004, 0.0123, 1.0, np.nan]))
    assert [*map(latex_cell, cells)] == ["$<$0.001", "0.012", "1.000", "--"]


@pytest.mark.parametrize(
    ("values", "p_values", "sign", "best"),
    [
        ([0.5, 0.9, 0.7, 0.6], [np.nan, 0.01, 0.01, 0.01], 1, ["a"]),
        ([0.5, 0.9, 0.7, 0.6], [np.nan, 0.01, 0.06, 0.01], 1, []),
        ([0.5, 0.1, 0.7, 0.4], [np.nan, 0.01, 0.01, 0.01], -1, ["b"]),
        ([0.5, 0.1, 0.7, 0.6], [np.nan, 0.01, 0.01, 0.01], -1, []),
        ([0.5, 0.9, 0.7, 0.7], [np.nan, 0.01, 0.04, 0.2], 1, ["a"]),
        ([0.5, 0.9, np.nan, 0.6], [np.nan, 0.01, np.nan, 0.01], 1, ["b"]),
        ([np.nan] * 4, [np.nan] * 4, 1, []),
    ],
)
def test_the_best_is_not_an_upper_reference_and_differs_from_random(values, p_values, sign, best):
    strategies = ["random", "oracle", "a", "b"]
    flags = significantly_best(np.array(values), np.array(p_values), strategies, SETTINGS, sign)
    assert [name for name, is_best in zip(strategies, flags, strict=True) if is_best] == best


def test_text_is_escaped():
    assert escaped("50 % of_a $ & {b} #1 ~ ^ \\") == (
        r"50 \% of\_a \$ \& \{b\} \#1 \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )


def test_a_wide_grid_goes_on_below():
    columns = {f"c_{number}": text_cells([f"{number}a", f"{number}b"]) for number in range(5)}
    grid = Grid("Heading", ["base", "my_own"], columns, max_columns=2, title="Of 100 %")
    text = latex_table(Typeset([grid], ["A note."]), SETTINGS)
    assert text.splitlines()[1:] == [
        r"\begin{tabular}{l*{2}{@{\hspace{0.7em}}r}}",
        r"\toprule",
        r"\multicolumn{3}{l}{\makebox[0pt][l]{Of 100 \%}} \\",
        r"Heading & c\_0 & c\_1 \\",
        r"\midrule",
        r"BASE & 0a & 1a \\",
        r"my\_own & 0b & 1b \\",
        r"\midrule",
        r"Heading & c\_2 & c\_3 \\",
        r"\midrule",
        r"BASE & 2a & 3a \\",
        r"my\_own & 2b & 3b \\",
        r"\midrule",
        r"Heading & c\_4 &  \\",
        r"\midrule",
        r"BASE & 4a &  \\",
        r"my\_own & 4b &  \\",
        r"\bottomrule",
        r"\multicolumn{3}{l}{\makebox[0pt][l]{\footnotesize A note.}} \\",
        r"\end{tabular}",
    ]


def test_only_upper_references_that_are_there_have_a_note():
    table = Typeset([Grid("", ["base", "oracle"], {"": text_cells("12")})])
    assert r"oracle$^{\dagger}$ & 2 \\" in latex_table(table, SETTINGS)
    assert "dagger" not in latex_table(table, Settings())
