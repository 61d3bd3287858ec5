"""The numeric kernels of a process, which decide the last bits of its numbers.

Libraries choose the code of a product by the processor and by environment variables. A run passes these
variables to its jobs, and the record of each file names the kernels.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from threadpoolctl import threadpool_info

#: Environment variables that choose kernels, as patterns of their names.
KERNEL_VARIABLES = (
    *("OPENBLAS_*", "BLIS_*", "MKL_*", "NVPL_*", "ATEN_*", "ONEDNN_*", "DNNL_*", "NPY_*", "FAISS_*"),
    *("CUBLAS_*", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_*", "TORCH_BLAS_PREFER_*", "NUMBA_CPU_*"),
    *("NUMBA_ENABLE_AVX", "GLIBC_TUNABLES", "OMP_DYNAMIC", "OMP_THREAD_LIMIT", "KMP_DETERMINISTIC_*"),
)

#: Variables that a stage with a network sets if they are not set: cuBLAS and torch.compile are deterministic
#: only with them. Records leave them out, or these stages would seem to use kernels of their own.
DETERMINISTIC = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "TORCHINDUCTOR_DETERMINISTIC": "1"}


def kernel_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of ``environment`` that choose kernels, sorted by name."""
    return {name: environment[name] for name in sorted(environment) if _chooses_kernel(name)}


def keep_kernel_variables(names: Iterable[str]) -> None:
    """Remove the variables that choose kernels, except ``names``, from the environment of this process."""
    for name in kernel_variables(os.environ).keys() - set(names):
        del os.environ[name]


def kernels() -> dict[str, str]:
    """Return the kernels of the libraries that this process has imported, by library.

    ``environment variables`` are those that chose them. It imports nothing, and takes 5 ms.
    """
    settings = kernel_variables(os.environ).items() - DETERMINISTIC.items()
    variables = " ".join(f"{name}={value}" for name, value in sorted(settings))
    return {
        **_numpy_kernels(),
        **_blas_kernels(),
        **_torch_kernels(),
        "environment variables": variables or "none",
    }


def mixtures(kernels_by_file: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a line for each library whose kernels differ between files.

    Args:
        kernels_by_file: the results of `kernels`. A library that a stage did not import makes no difference.
    """
    files: dict[str, dict[str, list[str]]] = {}
    for path, kernel_of in sorted(kernels_by_file.items()):
        for library, kernel in kernel_of.items():
            files.setdefault(library, {}).setdefault(kernel, []).append(path)
    return [
        f"files were made on different kernels, {library}: "
        + "; ".join(f"{kernel} ({len(paths):,}, such as {paths[0]})" for kernel, paths in by_kernel.items())
        for library, by_kernel in files.items()
        if len(by_kernel) > 1
    ]


def _chooses_kernel(name: str) -> bool:
    is_variable = re.fullmatch(r"\w+", name, flags=re.ASCII) is not None
    # A number of threads, which Snakemake sets for each job, chooses no kernel.
    may_choose = is_variable and not name.endswith("_NUM_THREADS")
    return may_choose and any(fnmatchcase(name, pattern) for pattern in KERNEL_VARIABLES)


def _numpy_kernels() -> dict[str, str]:
    if "numpy" not in sys.modules:
        return {}
    extensions = sys.modules["numpy"].show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {"numpy": f"{platform.machine()} {' '.join(extensions)}".rstrip()}


def _blas_kernels() -> dict[str, str]:
    """Return the kernel of each BLAS, by the package that contains it."""
    kernel_of = {}
    for library in threadpool_info():
        if library["user_api"] == "blas":
            package = re.search(r"([^/]+)\.libs/", library["filepath"])
            name = f"BLAS of {package[1]}" if package else "BLAS"
            parts = (library["internal_api"], library["version"], library.get("architecture"))
            kernel_of[name] = " ".join(filter(None, parts))
    return kernel_of


def _torch_kernels() -> dict[str, str]:
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    kernel_of = {"torch": torch.backends.cpu.get_cpu_capability()}
    if torch.cuda.is_initialized():
        kernel_of["GPU"] = f"{torch.cuda.get_device_name()}, cuDNN {torch.backends.cudnn.version()}"
    return kernel_of
