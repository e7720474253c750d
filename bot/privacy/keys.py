"""Keys of sessions: made in memory, never on disk or in the environment, rotated, forgotten.

A phone number is easily guessed, so a plain hash of it is as good as the number. A session's id is a keyed hash (HMAC-SHA256)
of channel and address under a key that lives no longer than the sessions do; what the store holds is sealed (AES-256-GCM)
under a key of the same life. Who has the store and not the key has nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12  # bytes, as NIST SP 800-38D recommends for GCM


@dataclass(frozen=True)
class Epoch:
    """The keys of one span of time.

    Attributes:
        secret: 32 random bytes that both keys are derived from.
    """

    secret: bytes = field(default_factory=lambda: os.urandom(32), repr=False)

    def _key(self, purpose: bytes) -> bytes:
        return hmac.digest(self.secret, purpose, hashlib.sha256)

    def identify(self, *parts: str) -> str:
        """A keyed hash of the parts as hex text, the same for the same parts under this epoch only."""
        material = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode("utf-8", "surrogatepass") for part in parts))
        return hmac.new(self._key(b"identify"), material, hashlib.sha256).hexdigest()

    def seal(self, content: bytes, name: str) -> bytes:
        """Encrypts and binds the content to the name under which it is kept."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(b"seal")).encrypt(nonce, content, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes | None:
        """What `seal` closed; None where it was closed under another key or name, or altered or cut."""
        try:
            return AESGCM(self._key(b"seal")).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):  # ValueError: cut so short that not even the nonce is there
            return None


@dataclass
class KeyRing:
    """The present keys and those before them. A session in use moves to the present ones; the old go with the next rotation.

    Attributes:
        current, previous: epochs; sessions are looked up under both.
        steady: keys that live as long as the process that made them: for what is kept for a day, such as that a line was abused.
    """

    current: Epoch = field(default_factory=Epoch)
    previous: Epoch = field(default_factory=Epoch)
    steady: Epoch = field(default_factory=Epoch)

    def rotate(self, fresh: Epoch | None = None) -> None:
        """Puts fresh keys in place; what only the previous ones could open is lost for good.

        Args:
            fresh: the new epoch where several workers must share one; else it is made here.
        """
        self.previous, self.current = self.current, fresh or Epoch()
