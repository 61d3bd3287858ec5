"""The workflow on Kubernetes, by profiles/kubernetes: the same bits as here, killed pods tried again.

Kubernetes and S3 are servers of this process here; Snakemake, its plugins and the jobs are the real ones.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from fake_kubernetes import Kubernetes
from PIL import Image
from workflow_runs import REPOSITORY, Folder

from activepool.backbones.checkpoint import save_weights
from activepool.backbones.networks import small

PACKAGES = ("snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_s3", "moto", "flask")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in PACKAGES) or not shutil.which("git"),
        reason="the packages of envs/kubernetes.lock, or git, are not installed",
    ),
]

PROFILE = REPOSITORY / "profiles/kubernetes"

CONFIGURATION = {
    "experiment": "trial",
    "backbone": {"architecture": "small", "image_size": 8, "checkpoint": "data/weights.safetensors"},
    "features": {"dtype": "float32"},
    "validation": {"fraction": 0.1},
    "initial": {"size": 12},
    "budget": 10,
    "rounds": 2,
    "seeds": 1,
    # One that hands a state on.
    "strategies": ["coreset"],
    "head": {"solver": "lbfgs"},
}

#: What is read by the folder of all rounds: here, and in a pod.
TARGETS = ["results/trial/curves.csv", "results/trial/figures/contact_sheet_coreset.png"]


def write_images(volume):
    """Write a few images on a volume, and the list of them that a user has; return the list."""
    volume.mkdir()
    random = np.random.default_rng(0)
    lines = ["path,label,split"]
    for number in range(80):
        shade = random.integers(0, 128, (8, 8, 3)) + 128 * (number % 2)
        Image.fromarray(shade.astype(np.uint8)).save(volume / f"{number}.png")
        split = "test" if number < 20 else "train"
        lines.append(f"{number}.png,{('dark', 'light')[number % 2]},{split}")
    listed = volume / "images.csv"
    listed.write_text("\n".join(lines) + "\n")
    return listed


class Checkout(Folder):
    """A copy of the repository, in which a run on Kubernetes has to be started."""

    def __init__(self, path, configuration):
        ignore = shutil.ignore_patterns("__pycache__")
        for name in ("workflow", "profiles", "envs"):
            shutil.copytree(REPOSITORY / name, path / name, ignore=ignore)
        for name in ("Snakefile", "config.yaml"):
            shutil.copy(REPOSITORY / name, path)
        super().__init__(path, configuration)
        subprocess.run(["git", "init", "--quiet"], cwd=path, check=True)
        subprocess.run(["git", "add", "."], cwd=path, check=True)

    def command(self, *arguments, cores=2):
        return [sys.executable, "-m", "snakemake", "--configfile", "trial.yaml", "--jobs", "2", *arguments]

    def snakemake(self, *arguments):
        # In a Python of its own: the library of Kubernetes reads KUBECONFIG when it is imported.
        run = self.started(*arguments)
        printed, _ = run.communicate()
        assert run.returncode == 0, printed
        return printed


class Bucket:
    """The files of a run in S3."""

    def __init__(self, server):
        import boto3

        address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        self.address, self.client = address, boto3.client("s3", endpoint_url=address, **keys)
        self.client.create_bucket(Bucket="bucket")

    def results(self):
        """Return the digest of each file of results but logs, by its path in a run here."""
        digests = {}
        for listed in self.client.get_paginator("list_objects_v2").paginate(Bucket="bucket"):
            for entry in listed.get("Contents", []):
                content = self.client.get_object(Bucket="bucket", Key=entry["Key"])["Body"].read()
                digests[entry["Key"].removeprefix("mine/")] = hashlib.sha256(content).hexdigest()
        return {
            path: digest for path, digest in digests.items() if not path.startswith(("results/logs", "data/"))
        }


@pytest.fixture
def bucket(monkeypatch):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    bucket = Bucket(server)
    monkeypatch.setenv("ACTIVEPOOL_IMAGE", "registry/activepool:1")
    monkeypatch.setenv("ACTIVEPOOL_BUCKET", "bucket/mine")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_SECRET_KEY", "secret")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_ENDPOINT_URL", bucket.address)
    yield bucket
    server.stop()


@pytest.fixture
def kubernetes(tmp_path, monkeypatch):
    kubernetes = Kubernetes(tmp_path / "kubernetes")
    monkeypatch.setenv("KUBECONFIG", str(kubernetes.configuration()))
    yield kubernetes
    kubernetes.close()


def test_the_bits_are_those_of_a_run_here_and_a_killed_pod_is_tried_again(tmp_path, kubernetes, bucket):
    listed = write_images(tmp_path / "volume")
    configuration = CONFIGURATION | {"dataset": {"kind": "manifest", "path": str(listed)}}
    (tmp_path / "local/data").mkdir(parents=True)
    local = Folder(tmp_path / "local", configuration)
    weights = local.path / configuration["backbone"]["checkpoint"]
    save_weights(weights, small(8, 3), {})
    local.snakemake(*TARGETS)

    # As docs/clusters.md says: files that rules name go into the bucket, too, and the results are seen here.
    (tmp_path / "checkout").mkdir()
    checkout = Checkout(tmp_path / "checkout", configuration)
    shutil.copytree(local.path / "data", checkout.path / "data")
    bucket.client.upload_file(str(weights), "bucket", f"mine/data/{weights.name}")
    files = ".snakemake/storage/s3/bucket/mine/results"
    (checkout.path / files).mkdir(parents=True)
    (checkout.path / "results").symlink_to(files)
    profile = ["--workflow-profile", "profiles/kubernetes", "--seconds-between-status-checks", "1"]
    profile += ["--set-resources", "gather:gpu=1"]
    assert checkout.planned(*TARGETS, *profile) == local.planned("--forceall", *TARGETS)

    kubernetes.kill_one_of("train")
    output = checkout.snakemake(*TARGETS, *profile)
    assert "Trying to restart" in output
    assert bucket.results() == local.results()
    assert not checkout.planned(*TARGETS, *profile)

    limits = [pod.container["resources"]["limits"] for pod in kubernetes.pods.values()]
    memory = [int(limit["memory"].removesuffix("M")) for limit in limits]
    killed = next(number for number, pod in enumerate(kubernetes.pods.values()) if pod.killed)
    assert pytest.approx(2 * memory[killed], abs=1) in memory[killed + 1 :]
    with_gpu = [pod for pod in kubernetes.pods.values() if "rules gather " in pod.container["args"][1]]
    assert [pod.container["resources"]["limits"]["nvidia.com/gpu"] for pod in with_gpu] == ["1"]
    assert {pod.container["image"] for pod in kubernetes.pods.values()} == {"registry/activepool:1"}
    # Secrets are gone with the run.
    assert kubernetes.secrets == {}


def parsed(profile):
    """Return what Snakemake reads from a profile; exits if the profile has a key that is not an option."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser([str(profile)]).parse_args([])


def test_each_setting_is_an_option_of_snakemake_or_its_plugins(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIVEPOOL_IMAGE", "registry/activepool:1")
    monkeypatch.setenv("ACTIVEPOOL_BUCKET", "bucket/mine")
    settings = parsed(PROFILE)
    assert (settings.executor, settings.container_image) == ("kubernetes", "registry/activepool:1")
    assert settings.default_storage_prefix == "s3://bucket/mine"
    assert "$" not in settings.precommand

    keys = yaml.safe_load((PROFILE / "config.yaml").read_text())
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(keys | {"kubernetes-name-space": "default"}))
    with pytest.raises(SystemExit):
        parsed(tmp_path)
