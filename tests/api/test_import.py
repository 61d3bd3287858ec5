"""`import activepool` costs next to nothing, and has its names."""

import subprocess
import sys

import pytest

import activepool


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_importing_the_package_imports_none_of_its_modules():
    code = "import sys; old = set(sys.modules); import activepool; print(*sorted(set(sys.modules) - old))"
    assert run(code).split() == ["activepool"]


def test_picking_by_a_head_that_is_given_needs_no_pydantic_scipy_torch_or_pandas():
    code = (
        "import sys, numpy, activepool\n"
        "features, head = numpy.eye(9, 3), (numpy.eye(3), numpy.zeros(3))\n"
        "activepool.select('margin', features, budget=2, head=head, workers=1)\n"
        "print(*sorted({'pydantic', 'scipy', 'torch', 'pandas', 'array_api_compat'} & set(sys.modules)))\n"
    )
    assert run(code).split() == []


def test_public_names_exist():
    assert set(activepool.__all__) <= set(dir(activepool))
    for name in activepool.__all__:
        assert getattr(activepool, name) is not None
    with pytest.raises(AttributeError, match="module 'activepool' has no attribute 'selekt'"):
        activepool.selekt  # noqa: B018
