"""Write envs/activepool.yaml, the conda environment, with the versions of requirements.lock."""

from pathlib import Path

HERE = Path(__file__).parent
PYTHON = "3.11"
HEADER = "# Made by `make lock` from requirements.lock: the same versions, for `snakemake --sdm conda`.\n"


def conda_environment(lock: str) -> str:
    """Return the environment file: conda brings Python and pip, pip the pinned packages."""
    pins = "".join(f'      - "{line}"\n' for line in lock.splitlines() if line and not line.startswith("#"))
    return (
        f"{HEADER}channels:\n  - conda-forge\n  - nodefaults\ndependencies:\n"
        f"  - python ={PYTHON}\n  - pip\n  - pip:\n{pins}"
    )


if __name__ == "__main__":
    lock = (HERE / "requirements.lock").read_text(encoding="utf-8")
    (HERE / "activepool.yaml").write_text(conda_environment(lock), encoding="utf-8")
