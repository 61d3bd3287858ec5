"""Pool-based active learning on self-supervised features.

`select`, `train_head` and others work on arrays; docs/library.md shows how. ``activepool.stages`` are
the programs that join the same code to files. Nothing here imports Snakemake or reads a configuration file.
"""

__version__ = "0.3.0"

__all__ = [
    "Head",
    "InputError",
    "__version__",
    "agreement",
    "audit",
    "audit_size",
    "has_settled",
    "learning_curve_fit",
    "load_model",
    "score",
    "select",
    "train_head",
]

#: The modules that have these names.
_MODULES = {
    "Head": "activepool.api.heads",
    "InputError": "activepool.errors",
    "agreement": "activepool.api.progress",
    "audit": "activepool.api.audits",
    "audit_size": "activepool.api.audits",
    "has_settled": "activepool.api.progress",
    "learning_curve_fit": "activepool.api.progress",
    "load_model": "activepool.labelling.models.pool_model",
    "score": "activepool.api.scoring",
    "select": "activepool.api.selection",
    "train_head": "activepool.api.heads",
}

TYPE_CHECKING = False  # that of typing takes 9 ms to import

if TYPE_CHECKING:
    from activepool.api.audits import audit, audit_size
    from activepool.api.heads import Head, train_head
    from activepool.api.progress import agreement, has_settled, learning_curve_fit
    from activepool.api.scoring import score
    from activepool.api.selection import select
    from activepool.errors import InputError
    from activepool.labelling.models.pool_model import load_model
else:

    def __getattr__(name: str) -> object:
        """Import a name when it is first used, so that one part of the library does not import all of it."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_MODULES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
