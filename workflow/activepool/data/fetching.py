"""Fetching of images at URLs: by the standard library for http and https, by fsspec for other protocols."""

import math
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from functools import cache
from inspect import Parameter, signature
from pathlib import Path
from time import sleep, time
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit

from tqdm import tqdm

import activepool
from activepool.compute.blocks import Compute
from activepool.data.image_files import read_header, reading_problem, without_warnings
from activepool.data.urls import WEB_PROTOCOLS, FetchedImage, fetched_image, protocol_of
from activepool.errors import one_line
from activepool.io.files import written_whole

#: fsspec's protocols of files on this machine, for which a manifest has paths.
LOCAL_PROTOCOLS = ("file", "local")

#: fsspec's protocol of files that only the process has that made them; each job is a process of its own.
PROCESS_PROTOCOL = "memory"

#: Images that are fetched at once: this is waiting for servers, not work.
THREADS = 16

#: Seconds without an answer after which a web server is given up.
TIMEOUT = 30

#: Seconds to wait before each further try, if a server or the network fails temporarily.
WAITS = (1, 2, 4, 8)

#: The longest wait that a server may ask for instead, in seconds.
LONGEST_WAIT = 60

#: Failures after which no further image is tried: the server or the network is down.
MAX_FAILURES = 100

#: Characters that a URL may have; all others, such as blanks, are written as %XX. A % is left as it is.
URL_CHARACTERS = "%:/?#[]@!$&'()*+,;="

#: Answers of a web server that has no such image.
ABSENT_STATUSES = (404, 410)

#: Answers of a web server that may send the image later, like all from 500 on.
TRANSIENT_STATUSES = (408, 425, 429)


def url_problem(url: str) -> str | None:
    """Return why no image can be fetched from a URL, as far as its text tells; None if one may be."""
    protocol = protocol_of(url)
    return _web_problem(url) if protocol in WEB_PROTOCOLS else _protocol_problem(protocol)


def _web_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        server, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is not a URL ({one_line(error)})"
    if not server:
        return "names no server"
    return None if parts.path.strip("/") or parts.query else f"names the server {server}, but no image on it"


@cache
def _protocol_problem(protocol: str) -> str | None:
    if protocol in LOCAL_PROTOCOLS:
        return f"a file of this machine is named by its path, without {protocol}://"
    if protocol == PROCESS_PROTOCOL:
        return f"{protocol}:// names what only one process has, and each job is a process of its own"
    try:
        import fsspec

        file_system = fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        return f"{protocol}:// needs a Python package that is missing here ({one_line(error)})"
    except ValueError:
        return f"fsspec does not know the protocol {protocol}://; use one such as http, https, s3 or gs"
    parameters = signature(file_system.__init__).parameters.values()
    plain_kind = Parameter.POSITIONAL_OR_KEYWORD
    needs = [each.name for each in parameters if each.kind is plain_kind and each.default is each.empty]
    if options := needs[1:]:  # all but self
        needed = " and ".join(options)
        return f"{protocol}:// is not read, as fsspec needs {needed} beside the URL; use http or s3"
    return None


def fetch_images(urls: Sequence[str], root: Path, unreadable: dict[str, str] | None = None) -> dict[str, str]:
    """Fetch the images that are missing, or whose files are not images, each whole or not at all.

    What fails temporarily, such as a server that is busy or a connection that breaks, is tried again after
    each of `WAITS`. After `MAX_FAILURES` failures it tries no others. An image that its server does not have,
    or in whose place it sends something else, is a failure, unless such images may be left out: then
    ``unreadable`` gets the reasons, by their URLs.

    Returns: why images could not be fetched, by their URLs.
    """
    if not urls:
        return {}
    failures: dict[str, str] = {}

    def fetch(url: str) -> None:
        image = fetched_image(root, url)
        if len(failures) >= MAX_FAILURES or _image_problem(image) is None:
            return
        try:
            content = _content(url)
        except Exception as error:  # a package of fsspec may raise any error
            reasons = failures if unreadable is None or not _is_absent(error) else unreadable
            reasons[url] = _reason(error)
            return
        with written_whole(image.file) as temporary:
            temporary.write_bytes(content)
        if problem := _image_problem(image):
            (failures if unreadable is None else unreadable)[url] = problem

    with without_warnings(), tqdm(total=len(urls), desc="fetch", unit="image", disable=None) as progress:
        for _ in Compute(workers=THREADS).map(fetch, urls):
            progress.update()
    return failures


def _image_problem(image: FetchedImage) -> str | None:
    """Return why a fetched file is not an image; a server may have sent a page in its place."""
    try:
        read_header(image)
    # A damaged file makes its decoder raise nearly any error.
    except Exception as error:
        return f"its server sends no image ({reading_problem(image, error)})"
    return None


def _content(url: str) -> bytes:
    """Return the bytes at a URL, from the last try if the others fail; raises nearly any error."""
    for wait in WAITS:
        try:
            return _content_at_once(url)
        except Exception as error:
            if not _is_transient(error):
                raise
            sleep(max(wait, _requested_wait(error)))
    return _content_at_once(url)


def _content_at_once(url: str) -> bytes:
    """Return the bytes at a URL; raises an error also if the connection ends before they do."""
    protocol = protocol_of(url)
    if protocol not in WEB_PROTOCOLS:
        import fsspec

        # Unlike fsspec.open, this does not take a URL with :: for a chain of file systems.
        return bytes(fsspec.filesystem(protocol).cat_file(url))
    from urllib.request import Request, urlopen

    headers = {"User-Agent": f"activepool/{activepool.__version__}"}  # some servers refuse urllib's own name
    with urlopen(Request(quote(url, safe=URL_CHARACTERS), headers=headers), timeout=TIMEOUT) as response:
        return bytes(response.read())


def _reason(error: Exception) -> str:
    from http.client import BadStatusLine

    if _is_absent(error):  # fsspec's own message may be just the path
        return f"no such image ({one_line(error)})"
    reason = one_line(error)
    if type(error) is BadStatusLine:  # its message is what the server sent
        reason = f"the server does not answer in HTTP ({reason})"
    if isinstance(error, HTTPError) and 300 <= error.code < 400:  # urllib follows those that lead somewhere
        reason = f"the server redirects in a loop or to no URL ({reason})"
    return f"{reason} ({len(WAITS) + 1} tries)" if _is_transient(error) else reason


def _is_absent(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.code in ABSENT_STATUSES
    return isinstance(error, FileNotFoundError)


def _is_transient(error: Exception) -> bool:
    """Return whether another try may succeed where this error came up."""
    from http.client import HTTPException
    from ssl import SSLCertVerificationError

    if isinstance(error, HTTPError):
        return error.code in TRANSIENT_STATUSES or error.code >= 500
    cause = error.reason if isinstance(error, URLError) else error
    final = (FileNotFoundError, PermissionError, SSLCertVerificationError)
    return isinstance(cause, OSError | HTTPException) and not isinstance(cause, final)


def _requested_wait(error: Exception) -> int:
    """Return the seconds that a web server asks to wait, up to `LONGEST_WAIT`; 0 if it asks for none."""
    header = error.headers.get("Retry-After", "") if isinstance(error, HTTPError) else ""
    try:
        seconds = float(header) if header.isdecimal() else parsedate_to_datetime(header).timestamp() - time()
    except ValueError:  # neither seconds nor a date
        return 0
    return math.ceil(max(0, min(seconds, LONGEST_WAIT)))
