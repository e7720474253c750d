"""Session ids and sealing: nothing without the key, nothing after two rotations."""

from __future__ import annotations

import pytest

from bot.privacy.keys import Epoch, KeyRing

PARTS = ("session", "sms", "+14155550142")


def test_one_epoch_names_the_same_parts_the_same_and_others_otherwise() -> None:
    epoch = Epoch()
    names = [
        epoch.identify(*PARTS),
        epoch.identify("session", "sms", "+14155550143"),
        epoch.identify("session", "telegram", "+14155550142"),
        epoch.identify("answered", "sms", "+14155550142"),
        epoch.identify("session", "sms+", "14155550142"),  # where one part ends and the next begins counts
        epoch.identify("session", "sms", "+14155550142", ""),
    ]
    assert len(set(names)) == len(names)
    assert epoch.identify(*PARTS) == names[0]
    assert all(len(name) == 64 for name in names)


def test_another_epoch_names_the_same_parts_otherwise() -> None:
    assert Epoch().identify(*PARTS) != Epoch().identify(*PARTS)


def test_workers_with_the_same_secret_agree() -> None:
    epoch = Epoch()
    other = Epoch(epoch.secret)
    assert other.identify(*PARTS) == epoch.identify(*PARTS)
    assert other.open(epoch.seal(b"words", "name"), "name") == b"words"


def test_a_name_gives_nothing_of_the_address_away() -> None:
    name = Epoch().identify(*PARTS)
    assert "4155550142" not in name
    assert int(name, 16)


def test_any_text_can_be_an_address() -> None:
    assert Epoch().identify("session", "\ud83d half a pair", "\x00")


def test_what_is_sealed_opens_under_its_key_and_name_only() -> None:
    epoch = Epoch()
    sealed = epoch.seal(b"words of a person", "name")
    assert b"words" not in sealed
    assert epoch.open(sealed, "name") == b"words of a person"
    assert epoch.open(sealed, "another name") is None
    assert Epoch().open(sealed, "name") is None


def test_the_same_content_is_sealed_differently_each_time() -> None:
    epoch = Epoch()
    assert epoch.seal(b"words", "name") != epoch.seal(b"words", "name")


@pytest.mark.parametrize("length", (0, 1, 7, 8, 11, 12, 13, 27, 28))
def test_what_is_cut_off_is_not_opened(length: int) -> None:
    epoch = Epoch()
    assert epoch.open(epoch.seal(b"words", "name")[:length], "name") is None


def test_what_is_altered_anywhere_is_not_opened() -> None:
    epoch = Epoch()
    sealed = epoch.seal(b"words", "name")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        assert epoch.open(bytes(altered), "name") is None, place


def test_keys_rotate_through_two_places_and_are_gone() -> None:
    ring = KeyRing()
    first = ring.current
    ring.rotate()
    assert ring.previous is first and ring.current is not first
    fresh = Epoch()
    ring.rotate(fresh)
    assert ring.current is fresh
    assert first not in (ring.current, ring.previous)


def test_secrets_are_never_shown() -> None:
    ring = KeyRing()
    for shown in (repr(ring), str(ring), repr(ring.current)):
        assert ring.current.secret.hex() not in shown
        assert repr(ring.current.secret) not in shown
    assert len({ring.current.secret, ring.previous.secret}) == 2
    assert len(ring.current.secret) == 32
