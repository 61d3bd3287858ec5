"""Images at URLs: each is fetched once into a file below the dataset's root, and read there from then on."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from activepool.data.image_formats import is_image_name

#: How a URL begins.
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

#: Protocols that need no package.
WEB_PROTOCOLS = ("http", "https")

#: The folder of fetched images, below the root.
FOLDER = "fetched"


@dataclass(frozen=True, slots=True)
class FetchedImage:
    """An image at a URL, and the file that it is fetched into."""

    url: str
    file: Path

    def __str__(self) -> str:
        return self.url

    def stream(self) -> BinaryIO:
        """Open the file for reading."""
        try:
            return self.file.open("rb")
        except FileNotFoundError as error:
            raise FileNotFoundError(f"not fetched, or no longer in {self.file}") from error


def is_url(path: str) -> bool:
    """Return whether a path is a URL."""
    return SCHEME.match(path) is not None


def protocol_of(url: str) -> str:
    """Return the protocol of a URL, in lower case."""
    return url.partition("://")[0].lower()


def plain_url(url: str) -> str:
    """Return a URL as its server sees it: protocol and server in lower case, and without ``#...``."""
    protocol, _, rest = url.partition("://")
    if protocol.lower() in WEB_PROTOCOLS:
        server = re.split("[/?#]", rest, maxsplit=1)[0]
        rest = server.lower() + rest[len(server) :].partition("#")[0]
    return f"{protocol.lower()}://{rest}"


def fetched_image(root: Path, url: str) -> FetchedImage:
    """Return the image at a URL; its file is named after the SHA-256 of the URL, with an image's ending."""
    digest = hashlib.sha256(url.encode()).hexdigest()
    name = re.split("[?#]", url, maxsplit=1)[0]
    ending = Path(name).suffix.lower() if is_image_name(name) else ""
    # 256 folders, because there may be millions of files.
    return FetchedImage(url, root / FOLDER / digest[:2] / f"{digest}{ending}")
