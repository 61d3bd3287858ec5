"""The category in the report that a figure's or table's module names as its ``CATEGORY``."""

import ast

from planning.stages.code import LIBRARY


def category_of(folder: str, name: str, otherwise: str) -> str:
    """Return the category of ``figures/<folder>/<name>.py``, or ``otherwise`` where it names none.

    The module is read and not imported: matplotlib would take a second in each job.
    """
    module = ast.parse((LIBRARY / "figures" / folder / f"{name}.py").read_bytes())
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "CATEGORY":
            return ast.literal_eval(statement.value)
    return otherwise
