"""The README's table of strategies is the one that the strategies declare."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_table_of_strategies_is_up_to_date():
    specification = importlib.util.spec_from_file_location(
        "strategies_table", ROOT / "docs" / "strategies.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    readme = (ROOT / "README.md").read_text()
    assert module.table() in readme, "run: python docs/strategies.py"
