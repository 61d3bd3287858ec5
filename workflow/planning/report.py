"""The category of a figure or table in the report."""

import ast

from planning.stages.code import LIBRARY


def category_of(folder: str, name: str, otherwise: str) -> str:
    """Return ``CATEGORY`` of the module ``figures/<folder>/<name>.py``, or ``otherwise`` if it has none.

    It parses the module instead of importing it: importing matplotlib would cost each job a second.
    """
    module = ast.parse((LIBRARY / "figures" / folder / f"{name}.py").read_bytes())
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "CATEGORY":
            return str(ast.literal_eval(statement.value))
    return otherwise
