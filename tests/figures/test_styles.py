from itertools import combinations

from activepool.figures.settings import Settings
from activepool.figures.styles import DASHED, MAX_LINE, NAMES, Style, styles_of


def test_all_known_strategies_and_four_more_look_different():
    strategies = [*NAMES, "mine", "yours", "his", "hers"]
    styles = styles_of(strategies, Settings(oracles=("balanced_random",)))
    for one, other in combinations(styles.values(), 2):
        assert (one.colour, one.line, one.marker) != (other.colour, other.line, other.marker)
        assert one.name != other.name


def test_a_known_strategy_looks_the_same_in_every_company():
    single = styles_of(["coreset"], Settings())["coreset"]
    assert styles_of(["mine", "random", *NAMES, "yours"], Settings())["coreset"] == single


def test_upper_references_are_dashed_marked_and_apart():
    settings = Settings(oracles=("balanced_random", "oracle"))
    styles = styles_of(["random", "balanced_random", "margin", "oracle"], settings)
    marked = [name for name, style in styles.items() if style.line == DASHED]
    assert marked == ["balanced_random", "oracle"]
    assert " ".join(styles["oracle"].lines) == "oracle (upper reference: reads all labels)"
    assert styles["balanced_random"].colour != styles["oracle"].colour
    assert styles["margin"].note == ""


def test_the_users_colour_wins():
    styles = styles_of(["margin", "oracle"], Settings(colours={"oracle": "red"}, oracles=("oracle",)))
    assert styles["oracle"].colour == "red"


def test_names_break_at_underscores_and_lose_nothing():
    name = "my_strategy_with_a_very_long_name_and_options_0.25"
    lines = Style(name, "red", "-", "o").lines
    assert "".join(lines) == name
    assert all(line.endswith("_") for line in lines[:-1])
    assert all(len(line) <= MAX_LINE for line in lines)
