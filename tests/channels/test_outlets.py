"""What an error of a provider means for a reply that was to go out."""

from __future__ import annotations

import pytest

from bot.channels.outlets import Outcome, of_rest, outcome_of
from bot.channels.provider_errors import Failure, ProviderError


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Failure.OPTED_OUT, Outcome.BLOCKED),
        (Failure.UNREACHABLE, Outcome.UNREACHABLE),
        (Failure.UNCERTAIN, Outcome.UNKNOWN),
        (Failure.REFUSED, Outcome.NOT_SENT),
        (Failure.SETTINGS, Outcome.NOT_SENT),
        (Failure.BUSY, Outcome.NOT_SENT),
        (Failure.NOT_CONNECTED, Outcome.NOT_SENT),
        (Failure.TOO_EARLY, Outcome.NOT_SENT),
        (Failure.GONE, Outcome.NOT_SENT),
    ],
)
def test_each_way_of_failing_has_its_outcome(failure: Failure, outcome: Outcome) -> None:
    assert outcome_of(ProviderError(failure)) is outcome


@pytest.mark.parametrize("failure", Failure)
def test_only_what_surely_was_not_sent_may_be_sent_again(failure: Failure) -> None:
    error = ProviderError(failure)
    assert error.surely_not_sent or outcome_of(error) is Outcome.UNKNOWN


@pytest.mark.parametrize("outcome", Outcome)
def test_a_reply_of_which_some_went_out_is_never_said_not_to_be_sent(outcome: Outcome) -> None:
    assert of_rest(outcome) is (Outcome.UNKNOWN if outcome is Outcome.NOT_SENT else outcome)
