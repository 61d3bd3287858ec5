"""CONTRIBUTING's law on random draws: the seeds of all generators come from `activepool.compute.seeds`."""

import ast
import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "workflow/activepool"

#: Calls that draw from a generator of the whole process, or seed it.
GLOBAL = re.compile(r"(np|numpy)\.random\.[a-z]\w*|torch\.(cuda\.)?(manual_seed\w*|seed)|default_rng")
PYTHON = re.compile(r"random\.[a-z]\w*")
STATES = re.compile(r".*\.(get_?state|set_?state)")

#: Modules that may do so, and why.
EXCEPTIONS = {
    "compute/seeds.py": "makes the generators, and seeds the code of others",
    "backbones/folding.py": "tries a network on images that decide no result",
    "features/images.py": "keeps torch's loader from drawing a seed, which nothing uses",
}


def other_draws(text):
    """Return the calls in a module that draw at random without a seed of `activepool.compute.seeds`."""
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    seeded = {ast.unparse(call.func.value) for call in calls if _is_seeding(call)}
    has_random = re.search(r"(?m)^import random$", text)
    patterns = [GLOBAL, PYTHON] if has_random else [GLOBAL]
    return [call for call in calls if _is_other(call, patterns, seeded)]


def _is_seeding(call):
    """Return whether a call seeds a generator with a number that is computed."""
    is_seeding = isinstance(call.func, ast.Attribute) and call.func.attr == "manual_seed"
    return is_seeding and not isinstance(call.args[0], ast.Constant)


def _is_other(call, patterns, seeded):
    name = ast.unparse(call.func)
    if STATES.fullmatch(name):
        return False
    is_unseeded = name.split(".")[-1] == "Generator" and not call.args and ast.unparse(call) not in seeded
    return is_unseeded or any(pattern.fullmatch(name) for pattern in patterns)


def test_all_random_draws_use_the_seeds():
    files = {file.relative_to(LIBRARY).as_posix(): file for file in LIBRARY.rglob("*.py")}
    drawing = {name for name, file in files.items() if other_draws(file.read_text(encoding="utf-8"))}
    assert drawing == EXCEPTIONS.keys()


@pytest.mark.parametrize(
    "line",
    [
        *("np.random.rand(3)", "np.random.default_rng(0).random()", "default_rng()", "torch.manual_seed(0)"),
        *("import random\nrandom.shuffle(rows)", "torch.Generator()", "Generator().manual_seed(0)"),
    ],
)
def test_a_draw_with_another_seed_is_found(line):
    assert other_draws(line)


@pytest.mark.parametrize(
    "line",
    [
        *("generator.random(3)", "random = generator(0, 0, 'a')\nrandom.random()", "np.random.get_state()"),
        *(
            "Generator().manual_seed(integer_seed(seed, 0, 'a'))",
            "np.random.Generator(np.random.Philox(key))",
        ),
    ],
)
def test_a_draw_from_a_seeded_generator_is_allowed(line):
    assert not other_draws(line)
