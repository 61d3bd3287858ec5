"""Whether the beginning of a path in a label file is that of the folder of the images."""

from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from activepool.ledger.source_names import plain_path


class ImageRoot:
    """The folder that sources start from.

    ``address`` is where Label Studio shows it, without its scheme; empty if that is not given.
    """

    def __init__(self, path: Path, address: str = "") -> None:
        absolute = [path.absolute(), path.resolve()]
        self.name = plain_path(absolute[0].name)
        shown, local, inside = address.partition("?d=")
        self.address = plain_path(unquote(inside) if local else shown).strip("/")
        self._paths = [plain_path(one.as_posix()).strip("/") for one in absolute]

    def is_beginning(self, name: str, beginning: str) -> bool:
        """Return whether a path with this beginning lies in this very folder, and not in a namesake.

        ``beginning`` is what stands before the source in ``name``, a path or the address of an image.
        """
        plain = beginning.strip("/")
        if self.address and plain == self.address:
            return True
        scheme, mark, _ = name.partition("://")
        if mark and scheme.casefold() != "file":  # on a server, or in a bucket
            return False
        if not plain:
            return True
        if PurePosixPath(beginning).is_absolute() or PureWindowsPath(beginning).is_absolute():
            return plain in self._paths
        while plain.startswith("../"):
            plain = plain[3:]
        return any(f"/{path}".endswith(f"/{plain}") for path in self._paths)
