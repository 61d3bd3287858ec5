import sys
import types

import pytest

from activepool.backbones import software as module
from activepool.backbones.software import software


def test_packages_that_compute_count_and_timm_if_a_network_of_it_may_be_there(monkeypatch):
    monkeypatch.setattr(module, "versions", lambda: {"torch": "2", "timm": "1", "pandas": "3"})
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    assert software("small") == {"torch": "2"}
    monkeypatch.setitem(sys.modules, "timm", types.ModuleType("timm"))
    assert software("small") == {"torch": "2", "timm": "1"}


@pytest.mark.parametrize(
    ("code", "same"),
    [("def net():\n    # One.\n    return 1\n", True), ("def net():\n    return 2\n", False)],
)
def test_the_code_of_a_users_file_counts_and_its_comments_do_not(tmp_path, code, same):
    file = tmp_path / "mine.py"
    file.write_text('def net():\n    """Return."""\n    return 1\n')
    before = software(f"{file}:net")
    file.write_text(code)
    assert (software(f"{file}:net") == before) == same
