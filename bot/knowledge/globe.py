"""Places as points of the unit sphere: the straight way between two such points needs no trigonometry for each of many."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = tuple[Any, Any, Any]  # the three coordinates of a place on the unit sphere, or of many, as arrays
EARTH_KM: Final = 6371.0  # the mean radius of the Earth


def on_the_globe(latitude: ArrayLike, longitude: ArrayLike) -> Points:
    """The three coordinates of places on the unit sphere: numbers of one place, arrays of many.

    Args:
        latitude, longitude: degrees, as in WGS 84.
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    flat = np.cos(phi)
    return flat * np.cos(lam), flat * np.sin(lam), np.sin(phi)


def kilometres_between(ones: Points, others: Points) -> NDArray[np.float64]:
    """The ways over the Earth between places.

    Args:
        ones, others: as `on_the_globe` gives them; one place and many, or as many as there are others.
    """
    straight = np.sqrt(sum((one - other) ** 2 for one, other in zip(ones, others, strict=True)), dtype=np.float64)
    return np.asarray(2 * EARTH_KM * np.arcsin(np.minimum(straight / 2, 1.0)))
