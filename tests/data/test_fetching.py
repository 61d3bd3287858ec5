import socket
import subprocess
import sys
import time
from email.utils import formatdate

import fsspec
import pytest
from data.shard_files import picture

from activepool.data import fetching
from activepool.data.fetching import fetch_images, url_problem
from activepool.data.urls import FOLDER, fetched_image


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that were waited before further tries, none of them really."""
    waited = []
    monkeypatch.setattr(fetching, "sleep", waited.append)
    return waited


def contents(root, urls):
    return [fetched_image(root, url).file.read_bytes() for url in urls]


def test_each_image_is_fetched_once(server, tmp_path):
    names = [f"/{number}.png" for number in range(40)]
    server.contents |= {name: picture(number) for number, name in enumerate(names)}
    urls = [server.address + name for name in names]
    assert fetch_images(urls[:30], tmp_path) == {}
    assert fetch_images(urls, tmp_path) == {}
    assert sorted(server.requests) == sorted(names)
    assert contents(tmp_path, urls) == list(server.contents.values())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/a b/ä.png", "/a%20b/%C3%A4.png"),
        ("/a%20b%2Fc.png?x=1&y=a%3Db", "/a%20b%2Fc.png?x=1&y=a%3Db"),
        ("/image?id=1", "/image?id=1"),
        ("/a.png?sig=a+b/c==~#top", "/a.png?sig=a+b/c==~"),
    ],
)
def test_blanks_and_escapes_and_queries_are_sent_as_browsers_do(server, tmp_path, written, sent):
    server.contents[sent] = picture(1)
    assert fetch_images([server.address + written], tmp_path) == {}
    assert server.requests == [sent]


def test_urls_that_differ_in_their_queries_are_different_images(server, tmp_path):
    server.contents |= {"/a.png?id=1": picture(1), "/a.png?id=2": picture(2)}
    urls = [server.address + path for path in server.contents]
    assert fetch_images(urls, tmp_path) == {}
    assert contents(tmp_path, urls) == [picture(1), picture(2)]


def test_each_failure_has_its_reason_and_leaves_no_file(server, tmp_path):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{bound.getsockname()[1]}/a.png"
    server.contents |= {"/cut.png": picture(1), "/secret.png": picture(2), "/good.png": picture(3)}
    server.missing_bytes["/cut.png"], sent = 7, len(picture(1))
    server.statuses["/secret.png"] = 403
    reasons = {
        f"{server.address}/gone.png": "no such image (HTTP Error 404: Not Found)",
        f"{server.address}/secret.png": "HTTP Error 403: Forbidden",
        f"{server.address}/cut.png": f"IncompleteRead({sent} bytes read, 7 more expected) (5 tries)",
        closed: "<urlopen error [Errno 111] Connection refused> (5 tries)",
        "memory://gone.png": "no such image (/gone.png)",
    }
    assert fetch_images([*reasons, f"{server.address}/good.png"], tmp_path) == reasons
    files = [path for path in (tmp_path / FOLDER).rglob("*") if path.is_file()]
    assert files == [fetched_image(tmp_path, f"{server.address}/good.png").file]


def test_an_image_that_is_absent_may_be_ignored(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    server.held.add("/slow.png")
    slow = f"{server.address}/slow.png"
    urls = [f"{server.address}/gone.png", "memory://gone.png", slow]
    absent = {}
    assert fetch_images(urls, tmp_path, absent) == {slow: "timed out (5 tries)"}
    assert absent == {
        urls[0]: "no such image (HTTP Error 404: Not Found)",
        urls[1]: "no such image (/gone.png)",
    }


@pytest.mark.parametrize("failure", [0, -1, 408, 429, 500, 502, 503, 504])
def test_temporary_failures_are_retried_after_longer_and_longer_waits(server, tmp_path, waits, failure):
    server.contents["/a.png"] = picture(1)
    server.first_statuses["/a.png"] = [failure, failure]
    url = f"{server.address}/a.png"
    assert fetch_images([url], tmp_path) == {}
    assert contents(tmp_path, [url]) == [picture(1)]
    assert (len(server.requests), waits) == (3, [1, 2])


def test_a_server_that_stays_busy_is_given_up_in_one_line(server, tmp_path, waits):
    server.contents |= {"/a.png": picture(1), "/b.png": picture(2)}
    server.first_statuses["/a.png"] = [503] * 6
    urls = [f"{server.address}/{name}.png" for name in "ab"]
    assert fetch_images(urls, tmp_path) == {urls[0]: "HTTP Error 503: Service Unavailable (5 tries)"}
    assert (server.requests.count("/a.png"), waits) == (5, [1, 2, 4, 8])
    assert contents(tmp_path, urls[1:]) == [picture(2)]


def test_a_server_that_does_not_answer_in_http_is_named_as_such(server, tmp_path):
    server.first_statuses["/a.png"] = [-1] * 5
    url = f"{server.address}/a.png"
    reason = "the server does not answer in HTTP (hello) (5 tries)"
    assert fetch_images([url], tmp_path) == {url: reason}


def test_a_redirection_that_leads_nowhere_is_named_as_such(server, tmp_path):
    server.first_statuses["/a.png"] = [302]
    url = f"{server.address}/a.png"
    reason = "the server redirects in a loop or to no URL (HTTP Error 302: Found)"
    assert fetch_images([url], tmp_path) == {url: reason}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_permanent_failures_are_not_retried(server, tmp_path, waits, status):
    server.contents["/a.png"] = picture(1)
    server.first_statuses["/a.png"] = [status]
    assert len(fetch_images([f"{server.address}/a.png"], tmp_path)) == 1
    assert (len(server.requests), waits) == (1, [])


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", [7, 7]), ("1", [1, 2]), ("9999", [60, 60]), ("Fri, 31 Dec 2027", [1, 2])]
)
def test_a_server_may_ask_for_a_longer_wait(server, tmp_path, waits, asked, waited):
    server.contents["/a.png"] = picture(1)
    server.first_statuses["/a.png"], server.asked_wait = [429, 429], asked
    assert fetch_images([f"{server.address}/a.png"], tmp_path) == {}
    assert waits == waited


def test_a_server_may_ask_to_wait_until_a_date(server, tmp_path, waits):
    server.contents["/a.png"] = picture(1)
    server.first_statuses["/a.png"], server.asked_wait = [429], formatdate(time.time() + 40, usegmt=True)
    assert fetch_images([f"{server.address}/a.png"], tmp_path) == {}
    assert 20 < waits[0] <= 40


def test_other_protocols_are_tried_again_too(tmp_path, monkeypatch, waits):
    system = fsspec.filesystem("memory")
    system.pipe_file("memory://a.png", picture(1))
    errors = [TimeoutError(), ConnectionResetError()]
    read = system.cat_file

    def failing(path):
        if errors:
            raise errors.pop()
        return read(path)

    monkeypatch.setattr(system, "cat_file", failing)
    assert fetch_images(["memory://a.png"], tmp_path) == {}
    assert waits == [1, 2]


def test_a_file_that_is_not_an_image_is_fetched_again(server, tmp_path):
    url = f"{server.address}/a.png"
    for content, problem in (
        (b"<html>We are busy.</html>", "no known image format"),
        (b"", "empty file"),
        (picture(1), ""),
    ):
        server.contents["/a.png"] = content
        expected = {url: f"its server sends no image ({problem})"} if problem else {}
        for unreadable in (None, {}):
            assert fetch_images([url], tmp_path, unreadable) == ({} if unreadable is not None else expected)
            assert contents(tmp_path, [url]) == [content]
            assert unreadable in (None, expected)
    assert len(server.requests) == 5


def test_a_server_that_is_down_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_FAILURES", 3)
    monkeypatch.setattr(fetching, "THREADS", 1)
    urls = [f"{server.address}/{number}.png" for number in range(9)]
    assert list(fetch_images(urls, tmp_path)) == urls[:3]
    assert len(server.requests) == 3
    server.requests.clear()
    assert fetch_images(urls, tmp_path, {}) == {}
    assert len(server.requests) == 9


def test_fsspec_reads_other_protocols(tmp_path):
    urls = ["memory://bucket/a.png", "memory://bucket/a b%20::c.png"]
    for number, url in enumerate(urls):
        fsspec.filesystem("memory").pipe_file(url, picture(number))
    assert fetch_images(urls, tmp_path) == {}
    assert contents(tmp_path, urls) == [picture(0), picture(1)]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://a.org/b.jpg", None),
        ("HTTP://a.org:80/?b", None),
        ("http://", "names no server"),
        ("http:///b.jpg", "names no server"),
        ("http://a.org:80", "names the server a.org, but no image on it"),
        ("https://a.org/#b.jpg", "names the server a.org, but no image on it"),
        ("http://a.org:99999/b.jpg", "is not a URL (Port out of range 0-65535)"),
        ("http://[::1/b.jpg", "is not a URL (Invalid IPv6 URL)"),
        ("memory://b.jpg", "memory:// names what only one process has, and each job is a process of its own"),
        ("ftp://a.org/b.jpg", "ftp:// is not read, as fsspec needs host beside the URL; use http or s3"),
        ("file:///etc/b.jpg", "a file of this machine is named by its path, without file://"),
        ("local://b.jpg", "a file of this machine is named by its path, without local://"),
        (
            "nothing://b.jpg",
            "fsspec does not know the protocol nothing://; use one such as http, https, s3 or gs",
        ),
    ],
)
def test_protocols(url, problem):
    assert url_problem(url) == problem


@pytest.mark.parametrize(
    ("hidden", "problem"),
    [
        ("fsspec", "s3:// needs a Python package that is missing here (import of fsspec halted; None in"),
        ("s3fs", "s3:// needs a Python package that is missing here (Install s3fs to access S3)"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, hidden, problem):
    fetching._protocol_problem.cache_clear()
    monkeypatch.setitem(sys.modules, hidden, None)
    assert url_problem("s3://bucket/b.jpg").startswith(problem)
    fetching._protocol_problem.cache_clear()


def test_a_killed_fetch_goes_on(server, tmp_path):
    names = [f"/{number}.png" for number in range(6)]
    server.contents |= {name: picture(number) for number, name in enumerate(names)}
    urls = [server.address + name for name in names]
    server.held.add(names[-1])
    program = "from pathlib import Path\nfrom activepool.data.fetching import fetch_images\n"
    program += f"fetch_images({urls}, Path({str(tmp_path)!r}))"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        while len(list((tmp_path / FOLDER).rglob("[!.]*.png"))) < 5:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    server.held.clear()
    server.requests.clear()
    assert fetch_images(urls, tmp_path) == {}
    assert server.requests == names[-1:]
    assert contents(tmp_path, urls) == list(server.contents.values())
