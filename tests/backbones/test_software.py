import sys
import types

import pytest

from activepool.backbones import software as module
from activepool.backbones.software import software


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        *((name, {False: False, True: False}) for name in ("small", "resnet18", "torchvision:resnet50")),
        *(
            (name, {False: True, True: True})
            for name in ("timm:vit_tiny_patch16_224", "esvit_swin_tiny_window7")
        ),
        ("mine.py:net", {False: False, True: True}),
    ],
)
@pytest.mark.parametrize("is_imported", [False, True])
def test_packages_that_compute_count_and_timm_where_a_network_of_it_may_be(
    monkeypatch, name, counts, is_imported
):
    monkeypatch.setattr(module, "versions", lambda: {"torch": "2", "timm": "1", "pandas": "3"})
    monkeypatch.setattr(module, "user_file", lambda name: None)
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    if is_imported:
        monkeypatch.setitem(sys.modules, "timm", types.ModuleType("timm"))
    assert software(name) == {"torch": "2"} | ({"timm": "1"} if counts[is_imported] else {})


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
