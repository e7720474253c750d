"""Work on many texts at once, for training only: a message is answered in one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from typing import Any

_SHARE = 2_000  # texts that a process takes at a time


def shared_out(work: Callable[[Sequence[str]], Iterable[Any]], texts: Sequence[str]) -> list[Any]:
    """Does work that gives a result for each text in as many processes as there are cores.

    Args:
        work: a function of a module that takes texts and gives a result for each.
        texts: all of them.
    Returns:
        The results, in the order of the texts.
    """
    shares = [texts[start : start + _SHARE] for start in range(0, len(texts), _SHARE)]
    if len(shares) < 2 or (os.cpu_count() or 1) < 2:
        return list(chain.from_iterable(map(work, shares)))
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        return list(chain.from_iterable(pool.map(work, shares)))
