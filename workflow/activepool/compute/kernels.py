"""On which numeric kernels a process computes: what decides the last bits of its numbers.

Libraries choose the code of a product by the processor and by environment variables. A run hands these
variables on to its jobs, and the record of each file names the kernels.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from threadpoolctl import threadpool_info

#: Environment variables that choose kernels, as patterns of their names.
CHOOSING = ("OPENBLAS_*", "BLIS_*", "MKL_*", "NVPL_*", "ATEN_*", "ONEDNN_*", "DNNL_*", "NPY_*", "FAISS_*")
CHOOSING += ("CUBLAS_*", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_*", "TORCH_BLAS_PREFER_*", "NUMBA_CPU_*")
CHOOSING += ("NUMBA_ENABLE_AVX", "GLIBC_TUNABLES", "OMP_DYNAMIC", "OMP_THREAD_LIMIT", "KMP_DETERMINISTIC_*")

#: What these patterns name beside: the number of threads, which Snakemake sets for each job.
THREADS = "*_NUM_THREADS"


def choosing(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of ``environment`` that choose kernels, sorted by name."""
    return {name: environment[name] for name in sorted(environment) if _chooses(name)}


def keep_choosing(names: Iterable[str]) -> None:
    """Remove from the environment of this process the variables that choose kernels, but for ``names``."""
    for name in choosing(os.environ).keys() - set(names):
        del os.environ[name]


def kernels() -> dict[str, str]:
    """Return the kernels of the libraries that this process has imported, by what they belong to.

    ``environment variables`` are those that chose them. Nothing is imported; it takes 5 ms.
    """
    variables = " ".join(f"{name}={value}" for name, value in choosing(os.environ).items())
    return {**_of_numpy(), **_of_blas(), **_of_torch(), "environment variables": variables or "none"}


def mixtures(made: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a line for each library of which different kernels made files.

    Args:
        made: what `kernels` returned, by file. A library that a stage did not import makes no difference.
    """
    files: dict[str, dict[str, list[str]]] = {}
    for path, found in sorted(made.items()):
        for library, kernel in found.items():
            files.setdefault(library, {}).setdefault(kernel, []).append(path)
    return [
        f"files were made on different kernels, {library}: "
        + "; ".join(f"{kernel} ({len(paths):,}, such as {paths[0]})" for kernel, paths in of.items())
        for library, of in files.items()
        if len(of) > 1
    ]


def _chooses(name: str) -> bool:
    is_variable = re.fullmatch(r"\w+", name, flags=re.ASCII)
    is_threads = fnmatchcase(name, THREADS)
    return bool(is_variable) and not is_threads and any(fnmatchcase(name, one) for one in CHOOSING)


def _of_numpy() -> dict[str, str]:
    if "numpy" not in sys.modules:
        return {}
    found = sys.modules["numpy"].show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {"numpy": f"{platform.machine()} {' '.join(found)}".rstrip()}


def _of_blas() -> dict[str, str]:
    """Return the kernels of each BLAS, by the package that brought it."""
    found = {}
    for library in threadpool_info():
        if library["user_api"] == "blas":
            package = re.search(r"([^/]+)\.libs/", library["filepath"])
            name = f"BLAS of {package[1]}" if package else "BLAS"
            parts = (library["internal_api"], library["version"], library.get("architecture"))
            found[name] = " ".join(filter(None, parts))
    return found


def _of_torch() -> dict[str, str]:
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    found = {"torch": torch.backends.cpu.get_cpu_capability()}
    if torch.cuda.is_initialized():
        found["GPU"] = f"{torch.cuda.get_device_name()}, cuDNN {torch.backends.cudnn.version()}"
    return found
