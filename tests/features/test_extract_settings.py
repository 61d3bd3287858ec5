import pytest

from activepool.errors import InputError
from activepool.features.settings import ExtractSettings


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"dtype": "float64", "view": 2}, r"dtype: .*float32'; view: .*; its keys are: batch_size, dtype, "),
        ([["batch_size", 64]], r"Input should be a dictionary .*; its keys are: batch_size, "),
    ],
)
def test_wrong_settings_are_reported_with_the_existing_keys(content, words):
    with pytest.raises(InputError, match=rf"^features: {words}") as caught:
        ExtractSettings.parse(content)
    assert "\n" not in str(caught.value)
