"""Places as points of the unit sphere: the straight way between two such points needs no trigonometry for each of many."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_KM: Final = 6371.0  # the mean radius of the Earth


def on_the_globe(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Any, Any, Any]:
    """The three coordinates of places on the unit sphere: numbers of one place, arrays of many.

    Args:
        latitude, longitude: degrees, as in WGS 84.
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    flat = np.cos(phi)
    return flat * np.cos(lam), flat * np.sin(lam), np.sin(phi)


def kilometres_of(straight: ArrayLike) -> NDArray[np.float64]:
    """The ways over the Earth that belong to straight ways between points of the unit sphere."""
    return np.asarray(2 * EARTH_KM * np.arcsin(np.minimum(np.asarray(straight, np.float64) / 2, 1.0)))
