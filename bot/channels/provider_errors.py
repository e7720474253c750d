"""The closed list of ways in which a call to a provider fails. Every channel maps its provider's errors onto it."""

from __future__ import annotations

from enum import Enum

from bot.errors import HelplineError


class Failure(str, Enum):
    """Why a provider did not do what it was asked; what follows from each is in the sets below."""

    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    SETTINGS = "settings"
    BUSY = "busy"
    NOT_CONNECTED = "not_connected"
    UNCERTAIN = "uncertain"
    TOO_EARLY = "too_early"
    GONE = "gone"


_SENTENCES = {
    Failure.OPTED_OUT: ("The person has blocked this sender", "Send nothing more and forget the session."),
    Failure.UNREACHABLE: ("The provider cannot reach this address", "Send nothing more to it."),
    Failure.REFUSED: ("The provider refused the message", "Look its error code up in the provider's list."),
    Failure.SETTINGS: ("The provider refused the account, the sender or a setting", "Compare the settings with the provider's console."),
    Failure.BUSY: ("The provider takes no more requests at the moment", "Try again later."),
    Failure.NOT_CONNECTED: ("The provider cannot be reached", "Check the connection and try again."),
    Failure.UNCERTAIN: ("The provider did not say whether it sent the message", "Do not send it again."),
    Failure.TOO_EARLY: ("The message is still under way and cannot be deleted", "Try again later."),
    Failure.GONE: ("The provider no longer has the message", "Nothing is left to do."),
}
# A message that may have gone out is never sent again: a second one could light up the phone at the wrong moment.
_MAYBE_SENT = {Failure.UNCERTAIN}
_PASSING = {Failure.BUSY, Failure.NOT_CONNECTED, Failure.UNCERTAIN, Failure.TOO_EARLY}
_OPERATORS = {Failure.REFUSED, Failure.SETTINGS}


class ProviderError(HelplineError):
    """A provider did not do what it was asked. Its own words are left out, as they may quote the address.

    Attributes:
        failure: which way it failed.
        code: the provider's number for it, where it gave one.
        retry_after: seconds that the provider wants to be left alone; 0 where it did not say.
    """

    def __init__(self, failure: Failure, code: int | None = None, retry_after: float = 0.0) -> None:
        what, remedy = _SENTENCES[failure]
        super().__init__(f"{what}. {remedy}" if code is None else f"{what} (error {code}). {remedy}")
        self.failure = failure
        self.code = code
        self.retry_after = retry_after

    @property
    def surely_not_sent(self) -> bool:
        """Whether the message certainly did not go out, so that it may go another way."""
        return self.failure not in _MAYBE_SENT

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed later. Only for calls that may be repeated, such as deleting."""
        return self.failure in _PASSING

    @property
    def for_operator(self) -> bool:
        """Whether only the operator can mend it, so that it belongs in the log."""
        return self.failure in _OPERATORS
