"""Passwords of the staff: which will do, and how they are kept.

A password is kept as an argon2id hash with the second recommended option of RFC 9106 (section 4): 64 MiB of memory, 3 passes, 4 lanes.
The first option takes 2 GiB, which a charity's server does not have to spare. OWASP's smallest, 19 MiB, is for servers where many sign in
at once; here it is a handful a shift, so a guess may cost whoever stole the file more. On two cores of a small server a hash takes 0.15 s.
"""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from bot.errors import AccountRefused, StaffFilesUnavailable

SHORTEST, LONGEST = 12, 256  # characters, after normalisation
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Each takes 64 MiB: whatever comes in at once, a process hashes no more of them at a time.
_AT_A_TIME = threading.BoundedSemaphore(2)
# The hash of random bytes that nobody has kept: what is verified where there is no account, so that it takes as long.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$qelxwtsAJ6Nl5H6RNpO7Gg$/FWLFEBcln8FNV0w3cTtBp5chCKN5vCjCPB2ol3T2hQ"


def _normal(password: str) -> bytes:
    """The same bytes for what looks the same, however a keyboard composes it; none for what no password is.

    Source: NIST SP 800-63B, 5.1.1.2 (normalisation NFKC before hashing).
    """
    if len(password) > 4 * LONGEST:  # one character is typed with at most three marks
        return b""
    normal = unicodedata.normalize("NFKC", password)
    return normal.encode("utf-8", "surrogatepass") if len(normal) <= LONGEST else b""


def refuse_unfit(password: str, name: str) -> None:
    """Refuses what is guessed first. No rule asks for capitals, digits or signs: they make passwords worse, not better.

    Args:
        password: as it was typed.
        name: sign-in name of the account.
    Raises:
        AccountRefused: it will not do; says why.
    Source: NIST SP 800-63B, 5.1.1.2.
    """
    length = len(unicodedata.normalize("NFKC", password[: 4 * LONGEST + 1]))
    if length < SHORTEST:
        raise AccountRefused(f"The password is too short. Take at least {SHORTEST} characters; a few words are easy to remember.")
    if not _normal(password):
        raise AccountRefused(f"The password is too long. Take at most {LONGEST} characters.")
    if len(set(password)) == 1:
        raise AccountRefused("The password is one character again and again. Take a few words instead.")
    if not password.casefold().replace(name, ""):
        raise AccountRefused("The password is the name of the account. Take a few words instead.")


def hash_of(password: str) -> str:
    """The hash under which a password is kept. It blocks for some 0.15 s."""
    with _AT_A_TIME:
        return _HASHER.hash(_normal(password))


def fits(password: str, kept: str) -> bool:
    """Whether a password is the one that a hash was made of. It takes as long for any of them: some 0.15 s.

    Raises:
        StaffFilesUnavailable: that cannot be found out, because the machine is short of memory or the hash is damaged.
    """
    with _AT_A_TIME:
        try:
            return _HASHER.verify(kept, _normal(password))
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            raise StaffFilesUnavailable(
                "A password cannot be checked. See that the machine has memory left; if it has, set it anew with `helpline staff password`."
            ) from None


def is_weak(kept: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)
