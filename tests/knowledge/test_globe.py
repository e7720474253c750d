"""Places on the globe: the ways between them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.knowledge.globe import kilometres_between, on_the_globe


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        ((51.5, -0.12), (48.86, 2.35), 343),
        ((40.7, -74.0), (34.05, -118.24), 3935),
        ((0, 179.9), (0, -179.9), 22.2),
        ((0, 0), (0, 180), 20015),
    ],
)
def test_the_way_between_two_places(one: tuple[float, float], other: tuple[float, float], kilometres: float) -> None:
    assert kilometres_between(on_the_globe(*one), on_the_globe(*other)) == pytest.approx(kilometres, rel=0.01)


def test_many_at_once_are_as_one_by_one() -> None:
    many = np.stack(on_the_globe([10.0, -20.0], [30.0, 40.0]), axis=1)
    assert np.allclose(many, [on_the_globe(10.0, 30.0), on_the_globe(-20.0, 40.0)])
    here = on_the_globe(1.0, 2.0)
    one_by_one = [kilometres_between(on_the_globe(*place), here) for place in ((10.0, 30.0), (-20.0, 40.0))]
    assert np.allclose(kilometres_between(on_the_globe([10.0, -20.0], [30.0, 40.0]), here), one_by_one)
