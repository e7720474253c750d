"""Replies that are no answer to a webhook: over SMS, through a Twilio that interprets its published description (twilio_double.py)."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from bot.channels import sms_sending, twilio_api
from bot.channels.outlets import Outcome, Outlet, Sent
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.segments import SmsShape
from bot.channels.sms_sending import SmsOutlet
from bot.channels.twilio_api import TwilioApi
from bot.conversation.messages import SILENCE, Choice, Reply
from bot.settings import Twilio

from .twilio_double import Play, TwilioDouble, served

ACCOUNT, TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
PERSON, OTHER, OURS = "+14155550142", "+14155550143", "+12025550123"
PUBLIC = "https://bot.example.org"
STATUS = f"{PUBLIC}/webhooks/twilio/status"
REPLY = Reply("Estoy aquí.", (Choice("0", "Una persona", "1:0"),), "es")
BODY = "Estoy aqui.\n0 Una persona"
LONG = Reply(" ".join(f"{number} You can leave the house at any time." for number in range(25)))
BUSY = Play(429, 20429)


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioDouble]:
    with served(TwilioDouble(ACCOUNT, TOKEN)) as double:
        yield double


@pytest.fixture
def double(running: TwilioDouble) -> Iterator[TwilioDouble]:
    running.forget()
    yield running
    assert running.misfits == []


@pytest.fixture
async def api(double: TwilioDouble) -> AsyncIterator[TwilioApi]:
    api = TwilioApi(Twilio(ACCOUNT, TOKEN, OURS, double.url, redaction=False), PUBLIC)
    yield api
    await api.aclose()


@pytest.fixture
def outlet(api: TwilioApi) -> Outlet:
    return SmsOutlet(api)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = {failure: tuple(pause / 100 for pause in pauses) for failure, pauses in sms_sending._PAUSES.items()}
    monkeypatch.setattr(sms_sending, "_PAUSES", shorter)
    monkeypatch.setattr(twilio_api, "_DEADLINE", 0.3)


def bodies(double: TwilioDouble) -> list[str]:
    return [form["Body"] for form in double.sent]


async def test_a_reply_goes_out_as_one_message_whose_fate_is_reported_under_its_receipt(double: TwilioDouble, outlet: Outlet) -> None:
    sent = await outlet.send(PERSON, REPLY)
    assert sent.outcome is Outcome.SENT
    assert re.fullmatch("[0-9a-f]{32}", sent.receipt)
    assert double.sent == [{"To": PERSON, "From": OURS, "Body": BODY, "StatusCallback": f"{STATUS}?receipt={sent.receipt}"}]


async def test_a_receipt_tells_nothing_of_the_message_and_is_never_the_same(double: TwilioDouble, outlet: Outlet) -> None:
    receipts = [(await outlet.send(PERSON, REPLY)).receipt for _ in range(5)]
    assert len(set(receipts)) == 5
    assert not any(sid[2:] in receipt for sid in double.records for receipt in receipts)


async def test_with_redaction_nothing_is_to_be_kept(double: TwilioDouble) -> None:
    api = TwilioApi(Twilio(ACCOUNT, TOKEN, OURS, double.url, redaction=True), PUBLIC)
    await SmsOutlet(api).send(PERSON, REPLY)
    await api.aclose()
    assert (double.sent[0]["ContentRetention"], double.sent[0]["AddressRetention"]) == ("discard", "obfuscate")


@pytest.mark.parametrize("reply", [SILENCE, Reply("  \n"), Reply("", REPLY.choices), Reply("", erase=True)])
async def test_silence_is_silent(double: TwilioDouble, outlet: Outlet, reply: Reply) -> None:
    assert await outlet.send(PERSON, reply) == Sent(Outcome.SENT)
    assert double.calls == 0


async def test_typing_says_nothing(double: TwilioDouble, outlet: Outlet) -> None:
    await outlet.typing(PERSON)
    assert double.calls == 0
    assert outlet.shape.fits("a" * 459, (), "en") and not outlet.shape.fits("a" * 460, (), "en")


@pytest.mark.parametrize(
    ("plays", "outcome", "calls", "sent"),
    [
        ([Play(400, 21610)], Outcome.BLOCKED, 1, 0),
        ([Play(400, 21211)], Outcome.UNREACHABLE, 1, 0),
        ([Play(400, 21606)], Outcome.NOT_SENT, 1, 0),
        ([Play(401, 20003)], Outcome.NOT_SENT, 1, 0),
        ([Play(400, 30007)], Outcome.NOT_SENT, 1, 0),
        ([BUSY], Outcome.SENT, 2, 1),
        ([BUSY] * 2, Outcome.SENT, 3, 1),
        ([BUSY] * 3, Outcome.NOT_SENT, 3, 0),
        ([Play(429, 20429, retry_after=60)], Outcome.NOT_SENT, 1, 0),
        ([BUSY, Play(429, 20429, retry_after=5)], Outcome.NOT_SENT, 2, 0),
        ([BUSY, Play(400, 21610)], Outcome.BLOCKED, 2, 0),
        ([BUSY, Play(503, 20503, taken=True)], Outcome.UNKNOWN, 2, 1),
        ([Play(500, 20500)], Outcome.UNKNOWN, 1, 0),
        ([Play(502)], Outcome.UNKNOWN, 1, 0),
        ([Play(503, 20503, taken=True)], Outcome.UNKNOWN, 1, 1),
        ([Play(200, taken=True)], Outcome.UNKNOWN, 1, 1),
        ([Play(slow=0.6)], Outcome.UNKNOWN, 1, 1),
    ],
)
async def test_each_way_in_which_sending_ends(
    double: TwilioDouble, outlet: Outlet, plays: list[Play], outcome: Outcome, calls: int, sent: int
) -> None:
    double.plays.extend(plays)
    result = await outlet.send(PERSON, REPLY)
    assert result.outcome is outcome
    assert bool(result.receipt) is (outcome in (Outcome.SENT, Outcome.UNKNOWN))
    assert (double.calls, bodies(double)) == (calls, [BODY] * sent)


async def test_a_number_that_has_texted_stop_is_blocked_and_others_are_not(double: TwilioDouble, outlet: Outlet) -> None:
    double.opted_out.add(PERSON)
    assert [(await outlet.send(number, REPLY)).outcome for number in (PERSON, OTHER)] == [Outcome.BLOCKED, Outcome.SENT]


async def test_twilio_is_left_alone_as_long_as_it_asks(double: TwilioDouble, outlet: Outlet) -> None:
    double.plays.append(Play(429, 20429, retry_after=1))
    began = time.monotonic()
    assert (await outlet.send(PERSON, REPLY)).outcome is Outcome.SENT
    assert time.monotonic() - began >= 1


class Unconnected(TwilioApi):
    """Cannot be reached for the first calls."""

    times = 0

    async def send(self, to: str, body: str, receipt: str = "") -> str:
        self.times -= 1
        if self.times >= 0:
            raise ProviderError(Failure.NOT_CONNECTED)
        return await super().send(to, body, receipt)


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.SENT), (2, Outcome.NOT_SENT)])
async def test_a_connection_that_could_not_be_made_is_tried_once_more(double: TwilioDouble, times: int, outcome: Outcome) -> None:
    api = Unconnected(Twilio(ACCOUNT, TOKEN, OURS, double.url, redaction=False), PUBLIC)
    api.times = times
    assert (await SmsOutlet(api).send(PERSON, REPLY)).outcome is outcome
    await api.aclose()
    assert len(double.sent) == (outcome is Outcome.SENT)


async def test_a_twilio_that_is_away_was_not_sent_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    api = TwilioApi(Twilio(ACCOUNT, TOKEN, OURS, f"http://127.0.0.1:{port}", redaction=False), PUBLIC)
    assert await SmsOutlet(api).send(PERSON, REPLY) == Sent(Outcome.NOT_SENT)
    await api.aclose()


# --- long ones --------------------------------------------------------------------------------------------------------------


async def test_a_long_reply_goes_out_as_several_messages_in_order_with_one_receipt(double: TwilioDouble, outlet: Outlet) -> None:
    sent = await outlet.send(PERSON, replace(LONG, choices=REPLY.choices))
    assert sent.outcome is Outcome.SENT
    assert " ".join(bodies(double)) == LONG.text + "\n0 Una persona"
    assert all(SmsShape().fits(body, (), "en") for body in bodies(double))
    assert [form["StatusCallback"] for form in double.sent] == [STATUS, STATUS, f"{STATUS}?receipt={sent.receipt}"]


@pytest.mark.parametrize(
    ("plays", "sent", "arrived"),
    [
        ([BUSY] * 3, Sent(Outcome.NOT_SENT), 0),
        ([Play(503, 20503, taken=True)], Sent(Outcome.UNKNOWN), 1),
        ([Play(), *[BUSY] * 3], Sent(Outcome.UNKNOWN), 1),
        ([Play(), Play(), *[BUSY] * 3], Sent(Outcome.UNKNOWN), 2),
        ([Play(), Play(400, 21610)], Sent(Outcome.BLOCKED), 1),
        ([Play(), Play(400, 21211)], Sent(Outcome.UNREACHABLE), 1),
        ([Play(), BUSY], None, 3),
    ],
)
async def test_a_long_reply_ends_at_the_first_part_that_fails_and_is_not_sent_again_as_a_whole(
    double: TwilioDouble, outlet: Outlet, plays: list[Play], sent: Sent | None, arrived: int
) -> None:
    double.plays.extend(plays)
    result = await outlet.send(PERSON, LONG)
    assert result == sent or (sent is None and result.outcome is Outcome.SENT)
    assert len(double.sent) == arrived
    assert len(set(bodies(double))) == arrived


# --- order, and once --------------------------------------------------------------------------------------------------------


async def test_twenty_in_a_row_keep_their_order_whatever_waits(double: TwilioDouble, outlet: Outlet) -> None:
    double.plays.extend([BUSY, BUSY, Play(), BUSY, Play(slow=0.1)])
    results = await asyncio.gather(*(outlet.send(PERSON, Reply(f"Message {number}")) for number in range(20)))
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert bodies(double) == [f"Message {number}" for number in range(20)]


async def test_one_person_does_not_hold_up_another(double: TwilioDouble, outlet: Outlet) -> None:
    double.plays.append(Play(slow=0.25))
    first = asyncio.create_task(outlet.send(PERSON, REPLY))
    while not double.calls:
        await asyncio.sleep(0.005)
    assert (await outlet.send(OTHER, REPLY)).outcome is Outcome.SENT
    assert not first.done()
    assert (await first).outcome is Outcome.SENT


async def test_nothing_is_sent_twice_whatever_twilio_does(double: TwilioDouble, outlet: Outlet) -> None:
    mishaps = [Play(), BUSY, Play(500), Play(503, 20503, taken=True), Play(slow=0.4), Play(200, taken=True), Play(400, 21606)]
    double.plays.extend(random.Random(5).choices(mishaps, k=40))
    texts = [f"Message {number}" for number in range(30)]
    results = await asyncio.gather(*(outlet.send(PERSON, Reply(text)) for text in texts))
    outcomes = {text: result.outcome for text, result in zip(texts, results, strict=True)}
    assert set(outcomes.values()) == {Outcome.SENT, Outcome.UNKNOWN, Outcome.NOT_SENT}
    assert len(bodies(double)) == len(set(bodies(double)))
    assert bodies(double) == [text for text in texts if text in bodies(double)], "in their order"
    for text, outcome in outcomes.items():
        assert (text in bodies(double)) is (outcome is Outcome.SENT) or outcome is Outcome.UNKNOWN


# --- no trace ---------------------------------------------------------------------------------------------------------------


class Broken(TwilioApi):
    async def send(self, to: str, body: str, receipt: str = "") -> str:
        raise RuntimeError(f"cannot send {body} to {to}")


async def test_nothing_leaves_an_outlet_and_no_log_tells_the_person(
    double: TwilioDouble, api: TwilioApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outlet, broken = SmsOutlet(api), Broken(Twilio(ACCOUNT, TOKEN, OURS, double.url, redaction=False), PUBLIC)
    assert (await SmsOutlet(broken).send(PERSON, REPLY)).outcome is Outcome.UNKNOWN
    await broken.aclose()
    double.plays.extend([Play(400, 21606), Play(502), Play(400, 21610), Play()])
    receipts = [(await outlet.send(PERSON, REPLY)).receipt for _ in range(4)]
    told = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert [line.partition(":")[0] for line in told] == ["sms.failed (RuntimeError)", "sms.not_sent (settings)"]
    for secret in (PERSON[1:], "Estoy", TOKEN, *double.records, *filter(None, receipts)):
        assert secret not in caplog.text


async def test_addresses_are_held_only_while_something_is_under_way(double: TwilioDouble, api: TwilioApi) -> None:
    outlet = SmsOutlet(api)
    double.plays.append(Play(slow=0.2))
    sending = asyncio.create_task(outlet.send(PERSON, REPLY))
    while not double.calls:
        await asyncio.sleep(0.005)
    assert list(outlet._turns) == [PERSON]
    await sending
    del sending
    assert list(outlet._turns) == []
