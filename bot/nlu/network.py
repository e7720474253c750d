"""A network with one hidden layer, in numpy: what sentence vectors say of the classes.

Topics are not told apart by planes in the space of sentence vectors: on the development texts the macro-F1 by vectors alone was 0.77
with a logistic regression, 0.80 with scikit-learn's network, and 0.82 with this one, which forgets some of its numbers at every step
of the training (dropout, Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html) and is not let to be too sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.arrays import Floats, softmax

_HIDDEN = 768  # numbers of the hidden layer
_SCALE = 8.0  # a sentence vector has length 1, so each of its numbers is small
_ROUNDS, _LEAST_STEPS = 6, 400  # each example is seen so many times; few examples oftener
_BATCH = 256
_PACE = 2e-3  # step width of Adam at first; it falls evenly
_SLOWEST = 0.02  # share of it that is left at the end
_DECAY = 0.02  # of the weights, apart from the steps (Loshchilov and Hutter 2019)
_FORGET_INPUT, _FORGET_HIDDEN = 0.1, 0.4  # shares of the numbers that a step does without
_DOUBT = 0.03  # share of the target that goes to all classes alike


@dataclass
class Network:
    """One hidden layer of rectified sums, then a score for each class.

    Attributes:
        inner: weights (numbers, hidden) and intercepts (hidden).
        outer: weights (hidden, classes) and intercepts (classes).
    """

    inner: tuple[Floats, Floats]
    outer: tuple[Floats, Floats]

    @classmethod
    def train(cls, vectors: Floats, numbers: NDArray[np.int64], classes: int) -> Network:
        """Learns from examples, by Adam (Kingma and Ba 2015); the same examples give the same network.

        Args:
            vectors: one a row, of length 1.
            numbers: the class of each, from 0 on.
            classes: how many there are.
        """
        chance = np.random.default_rng(0)
        width = vectors.shape[1]
        weights = [
            chance.standard_normal((width, _HIDDEN), dtype=np.float32) * np.float32(np.sqrt(2 / width)),
            np.zeros(_HIDDEN, dtype=np.float32),
            chance.standard_normal((_HIDDEN, classes), dtype=np.float32) * np.float32(np.sqrt(1 / _HIDDEN)),
            np.zeros(classes, dtype=np.float32),
        ]
        adam = _Adam(weights)
        batch = min(_BATCH, len(vectors))
        steps = max(_ROUNDS * len(vectors) // batch, _LEAST_STEPS)
        order = np.empty(0, dtype=np.int64)
        for step in range(steps):
            if len(order) < batch:
                order = chance.permutation(len(vectors))
            picked, order = order[:batch], order[batch:]
            slopes = _slopes(weights, vectors[picked] * np.float32(_SCALE), numbers[picked], chance)
            adam.step(slopes, _PACE * max(_SLOWEST, 1 - step / steps))
        return cls((weights[0] * np.float32(_SCALE), weights[1]), (weights[2], weights[3]))

    def scores(self, vector: Floats) -> Floats:
        """The scores of the classes; their softmax is what the network holds probable.

        Args:
            vector: shape (..., numbers).
        Returns:
            Shape (..., classes).
        """
        hidden = np.maximum(vector @ self.inner[0] + self.inner[1], 0)
        return np.asarray(hidden @ self.outer[0] + self.outer[1], dtype=np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        return {"inner": self.inner[0], "inner_intercepts": self.inner[1], "outer": self.outer[0], "outer_intercepts": self.outer[1]}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Network:
        """The network that `to_arrays` was made of."""
        return cls((arrays["inner"], arrays["inner_intercepts"]), (arrays["outer"], arrays["outer_intercepts"]))


def _slopes(weights: list[Floats], inputs: Floats, numbers: NDArray[np.int64], chance: np.random.Generator) -> list[Floats]:
    """How the loss of a batch changes with each weight, where some inputs and hidden numbers are forgotten."""
    inner, inner_intercepts, outer, outer_intercepts = weights
    inputs = inputs * _kept(inputs.shape, _FORGET_INPUT, chance)
    kept = _kept((len(inputs), _HIDDEN), _FORGET_HIDDEN, chance)
    before = inputs @ inner + inner_intercepts
    hidden = np.maximum(before, 0) * kept
    scores = hidden @ outer + outer_intercepts
    wrong = softmax(scores)
    wrong -= np.float32(_DOUBT / scores.shape[1])
    wrong[np.arange(len(numbers)), numbers] -= np.float32(1 - _DOUBT)
    wrong /= np.float32(len(numbers))
    back = (wrong @ outer.T) * kept * (before > 0)
    return [inputs.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]


def _kept(shape: tuple[int, ...], forget: float, chance: np.random.Generator) -> Floats:
    """Nought where a number is forgotten; the others are made larger, so that their sum stays."""
    return (chance.random(shape, dtype=np.float32) >= forget).astype(np.float32) / np.float32(1 - forget)


class _Adam:
    """Steps down the slopes, each weight at a pace of its own.

    Args:
        weights: changed in place.
    """

    _MEMORY, _MEMORY_OF_SQUARES, _LEAST = 0.9, 0.999, 1e-8

    def __init__(self, weights: list[Floats]) -> None:
        self._weights = weights
        self._means = [np.zeros_like(weight) for weight in weights]
        self._squares = [np.zeros_like(weight) for weight in weights]
        self._steps = 0

    def step(self, slopes: list[Floats], pace: float) -> None:
        """Changes all weights once."""
        self._steps += 1
        correction = float(np.sqrt(1 - self._MEMORY_OF_SQUARES**self._steps)) / (1 - self._MEMORY**self._steps)
        for weight, slope, mean, square in zip(self._weights, slopes, self._means, self._squares, strict=True):
            mean += (slope - mean) * np.float32(1 - self._MEMORY)
            square += (slope * slope - square) * np.float32(1 - self._MEMORY_OF_SQUARES)
            weight *= np.float32(1 - pace * _DECAY)
            weight -= np.float32(pace * correction) * mean / (np.sqrt(square) + np.float32(self._LEAST))
