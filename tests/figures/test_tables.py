"""What all tables have in common, and how they are typeset."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from shutil import which
from subprocess import DEVNULL, run

import numpy as np
import pandas as pd
import pytest
from figures.table_results import SETTINGS, printed, small_results

from activepool.figures.html import html_table
from activepool.figures.registry import TABLES, TYPESET
from activepool.figures.results import Curves
from activepool.stages.table import table as stage


@pytest.fixture
def results():
    return small_results()


def test_the_tables_are_functions_in_the_order_of_their_names():
    assert list(TABLES) == sorted(TABLES)
    assert all(callable(TYPESET[name]) for name in TABLES)


@pytest.mark.parametrize("name", ["final", "by_labels", "area", "difference_by_labels"])
@pytest.mark.parametrize("is_sure", [True, False])
def test_the_best_is_bold_only_where_it_surely_differs_from_random(results, name, is_sure):
    table = results.curves.table
    noise = np.array([0.0, 0.001, -0.001]) if is_sure else np.array([0.0, 0.3, -0.3])
    of_strategy = table["strategy"].map({"random": 0.0, "base": 0.1, "oracle": 0.2}) * (table["round"] > 0)
    is_noisy = (table["strategy"] == "base") & (table["round"] > 0)
    table["top1"] = 0.5 + of_strategy + noise[table["seed"]] * is_noisy
    table["balanced_accuracy"] = 0.5
    rows = printed(name, TABLES[name](results, SETTINGS)).splitlines()
    bold = {row.split(" & ")[0] for row in rows if "mathbf" in row}
    assert bold == ({"BASE"} if is_sure else set())
    assert any("Bold: the best, upper references aside, where it differs" in row for row in rows)


@pytest.mark.parametrize("name", ["difference_by_labels", "label_savings"])
def test_without_random_nothing_is_compared_with_it(results, name):
    curves = Curves(results.curves.table[results.curves.table["strategy"] != "random"])
    table = TABLES[name](replace(results, curves=curves), SETTINGS)
    assert table.empty and "labels" in table.columns
    assert r"\bottomrule" in printed(name, table)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_typeset_with_as_many_cells_in_each_line(results, name):
    lines = printed(name, TABLES[name](results, SETTINGS)).splitlines()
    width = 1 + int(re.fullmatch(r"\\begin\{tabular\}\{l\*\{(\d+)\}\{@\{.*\}r\}\}", lines[1])[1])
    rows = [line for line in lines if line.endswith(r"\\") and "multicolumn" not in line]
    assert len(rows) >= 3
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {width}
    assert lines[-1] == r"\end{tabular}"
    assert any(line.startswith(r"oracle$^{\dagger}$ &") for line in lines)
    note = r"{l}{\makebox[0pt][l]{\footnotesize $^{\dagger}$ Upper reference: reads all labels.}} \\"
    assert rf"\multicolumn{{{width}}}{note}" in lines


@pytest.mark.parametrize("name", TABLES)
def test_the_page_has_the_cells_of_the_print(results, name):
    typeset = TYPESET[name](TABLES[name](results, SETTINGS), SETTINGS)
    root = ElementTree.fromstring(f"<body>{html_table(typeset, SETTINGS)}</body>")
    tables = root.findall(".//table")
    assert len(tables) == len(typeset.grids)
    for table, grid in zip(tables, typeset.grids, strict=True):
        assert len(table.findall("tbody/tr")) == len(grid.strategies)
        widths = {len(list(row)) for row in table.iter("tr")}
        assert widths == {1 + len(grid.columns)}


DOCUMENT = r"""\documentclass[10pt]{article}
\usepackage[a4paper, margin=2.5cm]{geometry}
\usepackage{booktabs}
\begin{document}
%s
\end{document}
"""


@pytest.mark.skipif(
    not which("kpsewhich") or run(["kpsewhich", "booktabs.sty"], stdout=DEVNULL).returncode != 0,
    reason="needs LaTeX with booktabs",
)
def test_latex_takes_every_table_and_none_is_wider_than_a_page(results, tmp_path):
    strange = {"base": "my_own & 50 % of #1", "oracle": "balanced_random"}
    tables = {"curves": results.curves.table, "counts": results.class_counts, "overlap": results.overlap}
    named = {name: table.replace(strange) for name, table in tables.items()}
    data = replace(
        results, curves=Curves(named["curves"]), class_counts=named["counts"], overlap=named["overlap"]
    )
    settings = replace(SETTINGS, oracles=("balanced_random",))
    texts = [printed(name, TABLES[name](data, settings), settings) for name in TABLES]
    (tmp_path / "all.tex").write_text(DOCUMENT % "".join(f"\\noindent {text}\n\\newpage\n" for text in texts))
    done = run(["pdflatex", "-halt-on-error", "all.tex"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout


@pytest.mark.parametrize("name", TABLES)
def test_one_seed_still_makes_a_table(results, name):
    table = results.curves.table
    one_seed = replace(
        results,
        curves=Curves(table[table["seed"] == 0]),
        overlap=results.overlap[results.overlap["seed"] == 0],
    )
    result = TABLES[name](one_seed, SETTINGS)
    assert len(result)
    assert "nan" not in printed(name, result)


@pytest.mark.parametrize("name", TABLES)
def test_one_round_of_one_strategy_still_makes_a_table(results, name):
    table = results.curves.table
    curves = Curves(table[(table["strategy"] == "random") & (table["round"] == 0)])
    data = replace(results, curves=curves, overlap=results.overlap.iloc[:0])
    assert r"\end{tabular}" in printed(name, TABLES[name](data, SETTINGS))


@pytest.mark.parametrize("name", TABLES)
def test_a_metric_without_any_value_still_makes_a_table(results, name):
    results.curves.table[["top1", "balanced_accuracy", "nll"]] = np.nan
    table = TABLES[name](results, SETTINGS)
    assert {"metric", "labels", "strategy"} & {*table.columns}
    assert r"\end{tabular}" in printed(name, table)


def test_stage_writes_the_table_of_its_settings(results, tmp_path):
    options = ["--table", "by_labels", "--appearance", '{"metric": "nll"}', "--oracles", "oracle"]
    tables = {
        "curves": results.curves.table,
        "class-counts": results.class_counts,
        "overlap": results.overlap,
    }
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        options += [f"--{name}", str(tmp_path / f"{name}.csv")]
    for form in ("csv", "tex", "html"):
        options += [f"--{form}", str(tmp_path / f"by_labels.{form}")]
    stage.run(options)
    assert pd.read_csv(tmp_path / "by_labels.csv")["base"].tolist() == [1.5, 1.5, 1.5]
    lines = (tmp_path / "by_labels.tex").read_text().splitlines()
    assert r"BASE & $1.50 \pm 0.00$ & $1.50 \pm 0.00$ & $1.50 \pm 0.00$ \\" in lines
    page = (tmp_path / "by_labels.html").read_text()
    assert "<tr><th>BASE</th><td>1.50 ± 0.00</td><td>1.50 ± 0.00</td><td>1.50 ± 0.00</td></tr>" in page
