"""The network over sentence vectors: it learns what no plane can part, is sure of nothing, and comes back as it was."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.arrays import Floats, softmax
from bot.nlu.network import Network
from bot.nlu.student import WIDTH


def _directions(count: int) -> Floats:
    vectors = np.random.default_rng(5).standard_normal((count, WIDTH)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def crossed() -> tuple[Floats, np.ndarray]:
    """Points on the four arms of a cross: what lies across from another belongs to its class, so that no plane parts the two classes."""
    one, other = _directions(2)
    noise = 0.3 * _directions(400)
    arms = np.stack([one, -one, other, -other])[np.arange(400) % 4]
    vectors = (arms + noise) / np.linalg.norm(arms + noise, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.arange(400) % 4 // 2


def test_it_parts_what_no_plane_parts(crossed: tuple[Floats, np.ndarray]) -> None:
    vectors, numbers = crossed
    network = Network.train(vectors[:300], numbers[:300], 2)
    assert (network.scores(vectors[300:]).argmax(axis=1) == numbers[300:]).mean() > 0.95


def test_it_is_never_quite_sure(crossed: tuple[Floats, np.ndarray]) -> None:
    vectors, numbers = crossed
    assert softmax(Network.train(vectors, numbers, 2).scores(vectors)).max() < 0.9999


def test_the_same_examples_give_the_same_network(crossed: tuple[Floats, np.ndarray]) -> None:
    vectors, numbers = crossed
    one, other = (Network.train(vectors[:40], numbers[:40], 2) for _ in range(2))
    assert np.allclose(one.scores(vectors), other.scores(vectors), atol=1e-3)


def test_one_vector_is_scored_as_many_are_and_a_kept_network_as_before(crossed: tuple[Floats, np.ndarray]) -> None:
    vectors, numbers = crossed
    network = Network.train(vectors[:40], numbers[:40], 2)
    back = Network.from_arrays(network.to_arrays())
    assert np.allclose(np.stack([back.scores(vector) for vector in vectors]), network.scores(vectors), atol=1e-4)
