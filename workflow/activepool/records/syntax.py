"""The digest of a Python file as its syntax: what runs, without comments, docstrings, layout and version."""

import ast
import hashlib
from collections.abc import Iterator
from typing import TypeGuard


def syntax_digest(tree: ast.Module) -> str:
    """Return the SHA-256 of a module's syntax; it removes from ``tree`` what does not count.

    That is its docstrings, its version, and its imports only for type checkers.
    """
    tree.body = [statement for statement in tree.body if not _is_version(statement)]
    for node in (tree, *statements(tree)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        elif _is_for_type_checkers(node):
            node.body = [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements below a node that can run, without their many expressions."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        if field == "body" and _is_for_type_checkers(node):
            continue
        for child in getattr(node, field, ()):
            yield child
            yield from statements(child)


def _is_for_type_checkers(node: ast.AST) -> TypeGuard[ast.If]:
    """Return whether a statement is ``if TYPE_CHECKING:``, whose body never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _is_version(statement: ast.stmt) -> bool:
    """Return whether a statement sets the version: a release that changes nothing else changes no result."""
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__version__"
