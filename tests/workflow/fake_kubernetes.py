"""What Snakemake uses of Kubernetes' interface; a pod is a process here, in an empty folder of its own.

A pod has nothing of the environment of whoever asked for it: only the variables of its container, and a PATH
on which there are this Python and no package manager.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml


class Pod:
    """A container that runs, or has run."""

    def __init__(self, folder: Path, job: dict, variables: dict[str, str], programs: Path):
        folder.mkdir(parents=True)
        self.job = job
        self.container = job["spec"]["template"]["spec"]["containers"][0]
        self.killed = False
        self.output = folder.with_suffix(".log")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*self.container["command"], *self.container["args"]],
                cwd=folder,
                env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End all processes of the pod at once."""
        self.killed = True
        os.killpg(self.process.pid, signal.SIGKILL)

    def status(self) -> dict[str, Any]:
        ended = self.process.poll()
        return {"active": 1} if ended is None else {"failed": 1} if ended else {"succeeded": 1}


class Kubernetes:
    """A server of one namespace; ``jobs`` are those that were ever made, by name."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.pods: dict[str, Pod] = {}
        self.secrets: dict[str, dict[str, str]] = {}
        self._victim: re.Pattern[str] | None = None
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        self._program("python", f'exec {sys.executable} "$@"')
        self._program("pip", "exit 1")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _program(self, name: str, line: str) -> None:
        (self.programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (self.programs / name).chmod(0o755)

    def configuration(self) -> Path:
        """Return the file that $KUBECONFIG is to name."""
        path = self.folder / "kubeconfig.yaml"
        server = f"http://127.0.0.1:{self._server.server_address[1]}"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": server}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "here",
        }
        path.write_text(yaml.safe_dump(content))
        return path

    def kill_one_of(self, rule: str) -> None:
        """Kill the next pod that is started for a job of ``rule``, when it has run for a moment."""
        self._victim = re.compile(rf"--allowed-rules [a-z_ ]*\b{rule}\b")

    def close(self) -> None:
        """Stop the server, and what still runs."""
        self._server.shutdown()
        for pod in self.pods.values():
            if pod.process.poll() is None:
                pod.kill()

    def create(self, kind: str, content: dict) -> dict:
        """Keep a secret, or start the pod of a job."""
        name = content["metadata"]["name"]
        if kind == "secrets":
            self.secrets[name] = content["data"]
            return content
        container = content["spec"]["template"]["spec"]["containers"][0]
        pod = Pod(self.folder / name, content, self._variables(container), self.programs)
        self.pods[name] = pod
        if self._victim and self._victim.search(container["args"][1]):
            self._victim = None
            threading.Timer(3, pod.kill).start()
        return content

    def _variables(self, container: dict) -> dict[str, str]:
        references = {
            variable["name"]: variable["valueFrom"]["secretKeyRef"] for variable in container.get("env", [])
        }
        return {
            name: base64.b64decode(self.secrets[reference["name"]][reference["key"]]).decode()
            for name, reference in references.items()
        }

    def delete(self, kind: str, name: str) -> dict:
        """Forget a secret, or end a job."""
        if kind == "secrets":
            del self.secrets[name]
        elif self.pods[name].process.poll() is None:
            self.pods[name].kill()
        return {"status": "Success"}

    def read(self, kind: str, name: str | None) -> dict:
        """Return the state of a job, or all pods."""
        if kind == "pods":  # their containers are gone already; jobs tell how they ended
            return {"items": []}
        return {"metadata": {"name": name}, "status": self.pods[name].status()}


def _handler(kubernetes: Kubernetes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self, content: dict, status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _target(self) -> list[str | None]:
            """Return what is meant: its kind and, if it is one, its name."""
            words = self.path.partition("?")[0].strip("/").split("/")
            return [*words[words.index("namespaces") + 2 :], None][:2]

        def _body(self) -> dict:
            return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")

        def do_POST(self) -> None:
            self._answer(kubernetes.create(self._target()[0], self._body()), 201)

        def do_GET(self) -> None:
            self._answer(kubernetes.read(*self._target()))

        def do_DELETE(self) -> None:
            self._body()
            self._answer(kubernetes.delete(*self._target()))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
