"""Write the table of strategies into its page, from what they declare: `python docs/strategies.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from activepool.strategies.declaration import Strategy  # noqa: E402
from activepool.strategies.registry import builtin_strategies  # noqa: E402
from activepool.strategies.wrapping import wrapped_options  # noqa: E402

START, END = "<!-- strategies -->\n", "<!-- end of strategies -->\n"


def row(strategy: Strategy) -> str:
    """Return a strategy's row: what it picks, what it reads, its options, its source."""
    images = ("images",) if strategy.image_model else ()
    within = ("what it wraps",) if wrapped_options(strategy) else ()
    reads = ", ".join((*images, *(strategy.scores or strategy.reads), *within)) or "nothing"
    reads = reads.replace("_", " ")
    options = ", ".join(f"`{name}`" for name in strategy.options)
    return f"| `{strategy.name}` | {strategy.summary} | {reads} | {options} | {strategy.source} |\n"


def table() -> str:
    """Return the table."""
    header = "| name | picks | reads | options | source |\n|---|---|---|---|---|\n"
    return header + "".join(row(strategy) for strategy in builtin_strategies().values())


def with_table(text: str) -> str:
    """Return ``text`` with the table between its two marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + START + table() + END + after


if __name__ == "__main__":
    page = ROOT / "docs" / "strategies.md"
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
