"""The digest of a Python file as its syntax: without comments, docstrings, layout and ``__version__``."""

import ast
import hashlib
from collections.abc import Iterator


def syntax_digest(tree: ast.Module) -> str:
    """Return the SHA-256 of a module's syntax; its docstrings and version are taken out of ``tree``."""
    tree.body = [statement for statement in tree.body if not _is_version(statement)]
    for node in (tree, *statements(tree)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _drop_docstring(node)
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements below a node, and none of their many expressions, as `ast.walk` would."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, field, ()):
            yield child
            yield from statements(child)


def _is_version(statement: ast.stmt) -> bool:
    """Say whether a statement gives the version: a release that changes nothing else changes no result."""
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__version__"


def _drop_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    first = node.body[0] if node.body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        node.body = node.body[1:] or [ast.Pass()]
