"""Calls to Twilio, held against its published description by a double that interprets it (twilio_double.py)."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.channels import twilio_api
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.twilio_api import Deletions, TwilioApi, failure_of
from bot.settings import Twilio

from .twilio_double import Play, TwilioDouble, served

ACCOUNT, TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
SERVICE = "MG" + "a" * 32
PERSON, OURS = "+14155550142", "+12025550123"
PUBLIC = "https://bot.example.org"


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
def twilio(double: TwilioDouble) -> Twilio:
    return Twilio(ACCOUNT, TOKEN, OURS, double.url, redaction=False)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def _failure(twilio: Twilio) -> ProviderError:
    api = TwilioApi(twilio, PUBLIC)
    try:
        with pytest.raises(ProviderError) as caught:
            await api.send(PERSON, "hello")
    finally:
        await api.aclose()
    return caught.value


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("sender", "redaction", "to", "more"),
    [
        (OURS, False, PERSON, {"From": OURS}),
        ("12345", False, PERSON, {"From": "12345"}),
        (SERVICE, False, PERSON, {"MessagingServiceSid": SERVICE}),
        (OURS, False, f"whatsapp:{PERSON}", {"From": f"whatsapp:{OURS}"}),
        (SERVICE, False, f"whatsapp:{PERSON}", {"MessagingServiceSid": SERVICE}),
        (OURS, True, PERSON, {"From": OURS, "ContentRetention": "discard", "AddressRetention": "obfuscate"}),
    ],
)
async def test_sends_what_the_description_asks_for(
    double: TwilioDouble, twilio: Twilio, sender: str, redaction: bool, to: str, more: dict[str, str]
) -> None:
    api = TwilioApi(replace(twilio, sender=sender, redaction=redaction), PUBLIC)
    sid = await api.send(to, "¡Está aquí! 🙏\n1 & 2 + 3 = 50%")
    await api.aclose()
    assert double.records[sid]["body"] == "¡Está aquí! 🙏\n1 & 2 + 3 = 50%"
    assert double.sent == [
        {"To": to, "Body": "¡Está aquí! 🙏\n1 & 2 + 3 = 50%", "StatusCallback": f"{PUBLIC}/webhooks/twilio/status", **more}
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "code", "failure", "surely_not_sent"),
    [
        (400, 21610, Failure.OPTED_OUT, True),
        (400, 21211, Failure.UNREACHABLE, True),
        (400, 21606, Failure.SETTINGS, True),
        (400, 30029, Failure.SETTINGS, True),
        (400, 29999, Failure.REFUSED, True),
        (401, 20003, Failure.SETTINGS, True),
        (403, None, Failure.SETTINGS, True),
        (429, 20429, Failure.BUSY, True),
        (302, None, Failure.REFUSED, True),
        (500, 20500, Failure.UNCERTAIN, False),
        (502, None, Failure.UNCERTAIN, False),
        # Accepted, but not said how: it may be under way.
        (200, None, Failure.UNCERTAIN, False),
    ],
)
async def test_maps_every_answer_onto_the_closed_list_and_tries_once(
    double: TwilioDouble, twilio: Twilio, status: int, code: int | None, failure: Failure, surely_not_sent: bool
) -> None:
    double.plays.append(Play(status, code))
    error = await _failure(twilio)
    assert (error.failure, error.surely_not_sent) == (failure, surely_not_sent)
    assert error.code == (code if status != 200 else None)
    assert PERSON not in str(error)
    assert double.calls == 1


@pytest.mark.asyncio
async def test_an_overlong_body_is_refused(double: TwilioDouble, twilio: Twilio) -> None:
    api = TwilioApi(twilio, PUBLIC)
    with pytest.raises(ProviderError, match="21617"):
        await api.send(PERSON, "a" * 1601)
    await api.aclose()


@pytest.mark.asyncio
async def test_a_wrong_token_is_a_matter_of_settings(double: TwilioDouble, twilio: Twilio) -> None:
    assert (await _failure(replace(twilio, auth_token="f" * 32))).failure is Failure.SETTINGS


@pytest.mark.asyncio
async def test_a_late_answer_leaves_it_open_whether_it_was_sent(
    double: TwilioDouble, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_api, "_DEADLINE", 0.2)
    double.plays.append(Play(slow=0.5))
    error = await _failure(twilio)
    assert (error.failure, error.surely_not_sent) == (Failure.UNCERTAIN, False)
    assert len(double.sent) == 1


@pytest.mark.asyncio
async def test_without_a_connection_nothing_was_sent(twilio: Twilio) -> None:
    error = await _failure(replace(twilio, api_base=f"http://127.0.0.1:{_free_port()}"))
    assert (error.failure, error.surely_not_sent) == (Failure.NOT_CONNECTED, True)


@pytest.mark.asyncio
async def test_deletes_a_record_and_takes_a_missing_one_for_deleted(double: TwilioDouble, twilio: Twilio) -> None:
    api, sid = TwilioApi(twilio, PUBLIC), "MM" + "1" * 32
    double.records[sid] = {"status": "received"}
    await api.delete_message(sid)
    await api.delete_message(sid)
    await api.aclose()
    assert double.records == {}
    assert double.calls == 2


@pytest.mark.asyncio
async def test_does_not_delete_what_is_under_way(double: TwilioDouble, twilio: Twilio) -> None:
    api, sid = TwilioApi(twilio, PUBLIC), "SM" + "1" * 32
    double.records[sid] = {"status": "sent"}
    with pytest.raises(ProviderError) as caught:
        await api.delete_message(sid)
    await api.aclose()
    assert (caught.value.failure, caught.value.passing) == (Failure.TOO_EARLY, True)


@pytest.mark.asyncio
@pytest.mark.parametrize("sid", ["", "../../Calls", "SM1", "CA" + "1" * 32, "SM" + "1" * 32 + "/Media"])
async def test_asks_for_nothing_under_an_id_that_is_none(double: TwilioDouble, twilio: Twilio, sid: str) -> None:
    api = TwilioApi(twilio, PUBLIC)
    with pytest.raises(ProviderError):
        await api.delete_message(sid)
    await api.aclose()
    assert double.calls == 0


@pytest.mark.parametrize(
    ("code", "failure"),
    [(30003, Failure.UNREACHABLE), (30004, Failure.OPTED_OUT), (30007, Failure.REFUSED), (30034, Failure.SETTINGS)],
)
def test_knows_the_errors_of_status_callbacks(code: int, failure: Failure) -> None:
    assert failure_of(code, 400) is failure


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_says_what_to_do(failure: Failure) -> None:
    what, remedy = str(ProviderError(failure, 12345)).split(" (error 12345). ")
    assert what
    assert remedy.endswith(".")
    assert str(ProviderError(failure)) == f"{what}. {remedy}"


@pytest.mark.asyncio
async def test_logs_nothing_of_a_message(double: TwilioDouble, twilio: Twilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = TwilioApi(twilio, PUBLIC)
    sid = await api.send(PERSON, "hello from here")
    double.records[sid]["status"] = "delivered"
    await api.delete_message(sid)
    await api.aclose()
    for secret in (PERSON, PERSON[1:], "hello", sid, TOKEN):
        assert secret not in caplog.text


class Records:
    """Deletes as told: each try takes the next failure, if one is left."""

    def __init__(self, *failures: Failure) -> None:
        self.failures = list(failures)
        self.tried: list[str] = []

    async def delete(self, sid: str) -> None:
        self.tried.append(sid)
        if self.failures:
            raise ProviderError(self.failures.pop(0))


async def _settled(deletions: Deletions) -> None:
    async def nothing_waits() -> None:
        while deletions.waiting:
            await asyncio.sleep(0.005)

    await asyncio.wait_for(nothing_waits(), 5)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("failures", "tries", "failed"),
    [
        ([], 1, 0),
        ([Failure.TOO_EARLY], 2, 0),
        ([Failure.BUSY, Failure.UNCERTAIN], 3, 0),
        ([Failure.NOT_CONNECTED] * 3, 3, 1),
        ([Failure.SETTINGS], 1, 1),
    ],
)
async def test_a_deletion_keeps_at_it_while_there_is_hope(failures: list[Failure], tries: int, failed: int) -> None:
    records = Records(*failures)
    deletions = Deletions(records.delete, pauses=(0.0, 0.01, 0.01))
    deletions.schedule("SM1")
    await _settled(deletions)
    assert (len(records.tried), deletions.failed) == (tries, failed)


@pytest.mark.asyncio
@pytest.mark.parametrize("delays", [(0.05, 0.0), (0.0, 3600.0), (0.0, 0.0), (0.05, 3600.0)])
async def test_the_sooner_of_two_schedules_counts(delays: tuple[float, float]) -> None:
    records = Records()
    deletions = Deletions(records.delete, pauses=(0.01,))
    for delay in delays:
        deletions.schedule("SM1", after=delay)
    await _settled(deletions)
    await asyncio.sleep(0.1)
    assert (records.tried, deletions.failed) == (["SM1"], 0)


@pytest.mark.asyncio
async def test_a_planned_stop_gives_each_deletion_one_last_try() -> None:
    records = Records(Failure.TOO_EARLY)
    deletions = Deletions(records.delete, pauses=(3600.0, 3600.0))
    deletions.schedule("SM1")
    deletions.schedule("SM2", after=3600)
    await deletions.aclose()
    await _settled(deletions)
    assert (sorted(records.tried), deletions.failed) == (["SM1", "SM2"], 1)


@pytest.mark.asyncio
async def test_a_planned_stop_does_not_wait_for_ever() -> None:
    async def hang(sid: str) -> None:
        await asyncio.sleep(3600)

    deletions = Deletions(hang, pauses=(0.0,))
    deletions.schedule("SM1")
    await deletions.aclose(grace=0.05)
    await _settled(deletions)
    assert deletions.failed == 1


@pytest.mark.asyncio
async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deletions, "MOST_WAITING", 2)
    records = Records()
    deletions = Deletions(records.delete, pauses=(3600.0,))
    for sid in ("SM1", "SM2", "SM3"):
        deletions.schedule(sid)
    assert (deletions.waiting, deletions.failed) == (2, 1)
    await deletions.aclose()
