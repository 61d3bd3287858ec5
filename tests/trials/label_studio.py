"""A trial with a real Label Studio: a batch out, labelled through its API, and three exports back.

    .venv/bin/python tests/trials/label_studio.py

installs the newest Label Studio from PyPI into an environment of its own below a temporary folder, starts its
server on this machine alone, and says in the end which version it was and what came back; it exits with 1 if
something came back wrong. It takes minutes and needs a network, so no test runs it. `--environment FOLDER`
takes an environment that has Label Studio, or keeps the new one there; `--exports FOLDER` keeps the exports.
"""

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from activepool.labelling.returned.intake import read_returned
from activepool.ledger.book import append, read
from activepool.ledger.formats import label_studio
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.pool_samples import PoolSamples, image_sample
from activepool.ledger.state import State, state_of

#: Pictures: one name in two folders, a blank, an accent, and what stands for something in addresses.
SOURCES = (
    "a/1.jpg",
    "b/1.jpg",
    "a/my cat.jpg",
    "Käfer/ü.jpg",
    "c/50% & more.jpg",
    "c/x+y#1.jpg",
    "7.jpg",
    "8.jpg",
)

CLASSES = ("cat", "dog", 'small "fly"', "Käfer & Co")

#: A class that is found late, and added to the project.
LATE = "fox"

#: What is answered of each picture through the API.
ANSWERS = {
    "a/1.jpg": "cat",
    "b/1.jpg": "dog",
    "a/my cat.jpg": 'small "fly"',
    "Käfer/ü.jpg": "Käfer & Co",
    "c/50% & more.jpg": "cannot_tell",
    "c/x+y#1.jpg": "skipped",
    "7.jpg": "empty",
}

#: The status and the label that must follow.
EXPECTED = {
    "a/1.jpg": ("disputed", None),  # another annotator says LATE
    "b/1.jpg": ("labelled", "cat"),  # changed from dog
    "a/my cat.jpg": ("labelled", 'small "fly"'),
    "Käfer/ü.jpg": ("labelled", "Käfer & Co"),
    "c/50% & more.jpg": ("cannot_tell", None),
    "c/x+y#1.jpg": ("skipped", None),
    "7.jpg": ("awaited", None),
    "8.jpg": ("awaited", None),
}

#: What JSON_MIN and CSV do not say: that somebody passed over a task.
EXPECTED_OF_SHORT = EXPECTED | {"c/x+y#1.jpg": ("awaited", None)}

#: Seconds that the server has to start; the first start makes its database.
PATIENCE = 300


class Server:
    """A Label Studio on this machine."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def call(self, method: str, path: str, content: Any = None) -> bytes:
        """Return what the server answers."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read()[:1000]!r}")

    def json(self, method: str, path: str, content: Any = None) -> Any:
        """Return the JSON that the server answers."""
        return json.loads(self.call(method, path, content) or "null")


def installed(environment: Path) -> Path:
    """Return an environment's Label Studio, which is installed if it lacks it."""
    program = environment / "bin" / "label-studio"
    if not program.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        install = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            environment / "bin" / "python",
            "label-studio",
        ]
        subprocess.run(install, check=True)
    return program


@contextmanager
def started(program: Path, folder: Path) -> Iterator[Server]:
    """Start a server whose data lie in a folder, and which serves pictures below it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(20)
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(folder),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LATEST_VERSION_CHECK": "false",
        "COLLECT_ANALYTICS": "false",
    }
    command = [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    command += ["--username", "anna@example.org", "--password", secrets.token_hex(8), "--user-token", token]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log)
        try:
            server = Server(f"http://127.0.0.1:{port}", token)
            wait_for(server, process, folder / "server.log")
            yield server
        finally:
            process.terminate()
            process.wait(30)


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as a server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{server.address}/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                break
            time.sleep(1)
    sys.exit(f"Label Studio does not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def make_pictures(root: Path) -> Batch:
    """Make the pictures, and return the batch of them, with predictions."""
    picks = []
    for number, source in enumerate(SOURCES):
        (root / source).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / source)
        picks.append(
            Pick(image_sample(root / source), source, number, CLASSES[number % 4], 0.5, 0.25, "small margin")
        )
    return Batch("batch01", tuple(picks), CLASSES)


def new_project(server: Server, root: Path, batch: Batch, folder: Path) -> tuple[int, dict[str, Any]]:
    """Make a project of a batch, and return its number and its tasks by source."""
    configuration = label_studio.labelling_configuration(CLASSES)
    project = server.json("POST", "/api/projects/", {"title": "batch01", "label_config": configuration})["id"]
    storage = {"project": project, "path": str(root), "title": "photographs", "use_blob_urls": True}
    server.json("POST", "/api/storages/localfiles", storage)
    tasks = folder / "label_studio.json"
    label_studio.write(
        tasks, batch, lambda source: f"/data/local-files/?d={urllib.parse.quote(f'{root.name}/{source}')}"
    )
    imported = server.json(
        "POST", f"/api/projects/{project}/import", json.loads(tasks.read_text(encoding="utf-8"))
    )
    print(f"imported: {imported['task_count']} tasks, {imported['prediction_count']} predictions")
    task_rows = server.json("GET", f"/api/tasks?project={project}&page_size=100&fields=all")["tasks"]
    for task in task_rows:
        picture = server.call("GET", task["data"]["image"])
        if picture != (root / task["data"]["source"]).read_bytes():
            sys.exit(f"{task['data']['image']}: the server shows another picture")
    print(f"served: {len(task_rows)} pictures, each with its own bytes")
    return project, {task["data"]["source"]: task for task in task_rows}


def label(server: Server, project: int, tasks: dict[str, Any]) -> None:
    """Answer the tasks as two people do in the tool."""

    def result(choice: str) -> list[dict[str, Any]]:
        value = {"choices": [choice]}
        return [{"from_name": "choice", "to_name": "image", "type": "choices", "value": value}]

    for source, answer in ANSWERS.items():
        path = f"/api/tasks/{tasks[source]['id']}/annotations/"
        content: dict[str, Any] = {"result": [] if answer in ("skipped", "empty") else result(answer)}
        annotation = server.json(
            "POST", path, content | {"was_cancelled": answer == "skipped", "lead_time": 2.5}
        )
        if source == "b/1.jpg":  # changed afterwards
            server.json("PATCH", f"/api/annotations/{annotation['id']}/", {"result": result("cat")})
    configuration = label_studio.labelling_configuration((*CLASSES, LATE))
    server.json("PATCH", f"/api/projects/{project}/", {"label_config": configuration})
    second_user = server.json("POST", "/api/users/", {"email": "bob@example.org", "username": "bob"})
    by_other = {"result": result(LATE), "completed_by": second_user["id"]}
    server.json("POST", f"/api/tasks/{tasks['a/1.jpg']['id']}/annotations/", by_other)
    draft = {"result": result("dog"), "lead_time": 1.0}
    server.json("POST", f"/api/tasks/{tasks['8.jpg']['id']}/drafts", draft)


def take_in(folder: Path, returned: Path, pool: PoolSamples, batch: Batch) -> State:
    """Take in what lies in a folder, print what came back, and return what follows."""
    ledger = folder / f"{returned.name}.ledger.csv"
    append(ledger, batch.sendings())
    cache = folder / f"{returned.name}.json"
    for _ in range(2):
        planned = read_returned(
            returned, ledger, read(ledger).entries, pool, CLASSES, may_grow=True, cache=cache
        )
        planned.enter()
        intake = planned.report
        print(*(f"  {line}" for line in [*intake.lines(), *intake.notices]), sep="\n")
    return state_of(read(ledger).entries, CLASSES)


def keep(content: bytes, folder: Path, name: str) -> Path:
    """Write a file into a folder, and return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


def differences(state: State, batch: Batch, expected: dict[str, tuple[str, str | None]]) -> list[str]:
    """Return a line for each sample that is not what it should be."""
    samples = {pick.source: state.samples[pick.sample] for pick in batch.picks}
    return [
        f"WRONG: {source!r} is {sample.status}, {sample.label!r}"
        for source, sample in samples.items()
        if (sample.status, sample.label) != expected[source]
    ]


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environment", type=Path, help="with Label Studio, or to install it into")
    parser.add_argument("--exports", type=Path, help="folder to keep the exports in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        root = folder / "photographs"
        program = installed(options.environment or folder / "environment")
        batch = make_pictures(root)
        pool = PoolSamples([pick.sample for pick in batch.picks], list(SOURCES))
        wrong = []
        with started(program, folder) as server:
            version = server.json("GET", "/api/version")
            project, tasks = new_project(server, root, batch, folder)
            label(server, project, tasks)
            for kind in ("JSON", "JSON_MIN", "CSV"):
                for which in ("labelled", "all"):
                    path = f"export?exportType={kind}&download_all_tasks={str(which == 'all').lower()}"
                    content = server.call("GET", f"/api/projects/{project}/{path}")
                    print(f"{kind}, {which} tasks: {len(content)} bytes")
                    returned = keep(content, folder / f"{kind}-{which}", f"{kind}-{which}.export")
                    keep(content, folder / "together", f"{kind}-{which}.export")
                    if options.exports:
                        keep(content, options.exports, f"{kind}-{which}.export")
                    expected = EXPECTED if kind == "JSON" else EXPECTED_OF_SHORT
                    wrong += differences(take_in(folder, returned, pool, batch), batch, expected)
            print("all of them at once")
            wrong += differences(take_in(folder, folder / "together", pool, batch), batch, EXPECTED)
        print(f"Label Studio {version['release']}, {version.get('edition', '')}", *wrong, sep="\n")
        sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
