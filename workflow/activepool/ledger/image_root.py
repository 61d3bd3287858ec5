"""Whether the beginning of a path in a label file is that of the folder of the images."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from activepool.ledger.source_names import plain_path


class ImageRoot:
    """The folder that sources start from.

    Attributes:
        name: of the folder.
    """

    def __init__(self, path: Path) -> None:
        absolute = [path.absolute(), path.resolve()]
        self.name = plain_path(absolute[0].name)
        self._paths = [plain_path(one.as_posix()).strip("/") for one in absolute]

    def is_beginning(self, beginning: str) -> bool:
        """Return whether paths that begin so lie in this very folder."""
        plain = beginning.strip("/")
        return not plain or any(f"/{path}".endswith(f"/{plain}") for path in self._paths)

    def may_be_beginning(self, beginning: str) -> bool:
        """Return whether paths that begin so lie in a folder of this name."""
        return bool(self.name) and PurePosixPath(beginning).name == self.name


def is_absolute(path: str) -> bool:
    """Return whether a path is an absolute one, of any system."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def is_on_server(path: str) -> bool:
    """Return whether a path is the address of an image on a server or in a bucket."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.casefold() != "file"
