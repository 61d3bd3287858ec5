"""A web server on this machine, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ImageServer:
    """What a server has, and what it was asked for.

    Attributes:
        address: how its URLs begin.
        contents: the bytes at each path, with its query, as a browser sends it.
        missing_bytes: how many more bytes it announces than it sends, by path.
        statuses: the status of its answers, by path, if it is not 200.
        requests: the paths that it was asked for.
        first_statuses: the statuses of its first answers, by path, each used once; 0 breaks the connection,
            and -1 is an answer that is not in HTTP.
        asked_wait: the seconds that it asks to wait before another request.
        held: paths that it answers only after the end of the test.
    """

    address: str
    contents: dict[str, bytes] = field(default_factory=dict)
    missing_bytes: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    first_statuses: dict[str, list[int]] = field(default_factory=dict)
    asked_wait: str = ""
    held: set[str] = field(default_factory=set)


@contextmanager
def image_server() -> Iterator[ImageServer]:
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.requests.append(self.path)
            if self.path in server.held:
                ended.wait()
                return
            if server.first_statuses.get(self.path):
                self.fail(server.first_statuses[self.path].pop(0))
                return
            body = server.contents.get(self.path)
            self.send_response(404 if body is None else server.statuses.get(self.path, 200))
            self.send_header("Content-Length", str(len(body or b"") + server.missing_bytes.get(self.path, 0)))
            self.end_headers()
            self.wfile.write(body or b"")

        def fail(self, status):
            if status < 0:
                self.wfile.write(b"hello\r\n")
            elif status:
                self.send_response(status)
                if server.asked_wait:
                    self.send_header("Retry-After", server.asked_wait)
                self.end_headers()

        def log_message(self, *_):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ImageServer(f"http://127.0.0.1:{web.server_port}")
    threading.Thread(target=web.serve_forever, args=(0.01,)).start()
    try:
        yield server
    finally:
        ended.set()
        web.shutdown()
        web.server_close()
