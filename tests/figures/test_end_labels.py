import numpy as np
import pytest

from activepool.figures.end_labels import spread


def cases():
    cases_drawn = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        heights = generator.choice([0.1, 0.2, 0.35], size=generator.integers(1, 14))
        room = heights.sum() * generator.uniform(1.0, 3.0)
        # Rounding makes ties; some wishes lie outside the room.
        wished = np.sort(np.round(generator.uniform(-0.2, 1.2, len(heights)), 1)) * room
        cases_drawn.append((wished, heights, room))
    return cases_drawn


@pytest.mark.parametrize(("wished", "heights", "room"), cases())
def test_boxes_do_not_overlap_and_stay_in_the_room(wished, heights, room):
    places = spread(wished, heights, room)
    lower, upper = places - heights / 2, places + heights / 2
    assert (lower[1:] >= upper[:-1] - 1e-12).all()
    assert lower[0] >= -1e-12
    assert upper[-1] <= room + 1e-12


@pytest.mark.parametrize(("wished", "heights", "room"), cases())
def test_moves_are_the_least_possible(wished, heights, room):
    # The minimax formula of isotonic regression, on centres less the heights stacked below them.
    stacked = np.cumsum(heights) - heights / 2
    free = wished - stacked
    number = len(free)
    levels = [
        max(min(free[low : high + 1].mean() for high in range(place, number)) for low in range(place + 1))
        for place in range(number)
    ]
    best = np.clip(levels, 0, room - heights.sum()) + stacked
    np.testing.assert_allclose(spread(wished, heights, room), best, atol=1e-12)


def test_boxes_that_are_apart_stay():
    wished = np.array([0.2, 0.5, 0.9])
    np.testing.assert_allclose(spread(wished, np.full(3, 0.1), 1.0), wished)


def test_no_boxes_no_places():
    assert spread(np.empty(0), np.empty(0), 1.0).shape == (0,)
