"""Configuration: what is wrong stops the start with a sentence that says how to mend it, and no secret is ever in it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.paths import ROOT
from bot.settings import KNOWN, Settings, Telegram, Twilio, settings_from

SID, TOKEN = "AC" + "0123456789abcdef" * 2, "secret-auth-token-of-twilio"
BOT_TOKEN, SECRET = "123456:ABC-secret_token-of-telegram", "secret-token-of-webhook"
REDIS = "redis://:secret-password@127.0.0.1:6379/0"
SERVICE = "MG" + "0123456789abcdef" * 2
TWILIO = {
    "TWILIO_ACCOUNT_SID": SID,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_PHONE_NUMBER": "+12025550123",
    "PUBLIC_URL": "https://help.example.org",
    "HELPLINE_COUNTRY": "US",
}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "HELPLINE_COUNTRY": "GB"}
SECRETS = (TOKEN, BOT_TOKEN, "ABC-secret", SECRET, "secret-password")


def test_without_any_setting_the_trial_phones_run() -> None:
    staff = ROOT / "staff"
    expected = Settings(None, None, "", "127.0.0.1", 8000, "", 15, 1, "", False, staff_folder=staff, audit_head=staff / "audit.head")
    for environment in ({}, dict.fromkeys(KNOWN, ""), dict.fromkeys(KNOWN, " "), {"PATH": "/bin", "HOME": "/root", "LANG": "C"}):
        assert settings_from(environment) == expected
    assert not expected.real_channels


def test_everything_set() -> None:
    settings = settings_from(
        {
            **TWILIO,
            "TWILIO_API_BASE": "http://127.0.0.1:4010/",
            "TWILIO_REDACTION": "on",
            **TELEGRAM,
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "TELEGRAM_API_BASE": "http://127.0.0.1:4011",
            "PUBLIC_URL": "https://help.example.org/line/",
            "HOST": "0.0.0.0",
            "PORT": "8080",
            "REDIS_URL": REDIS,
            "HELPLINE_COUNTRY": "gb",
            "HELPLINE_SESSION_MINUTES": "30",
            "HELPLINE_WORKERS": "4",
            "HELPLINE_UNVERIFIED_NUMBERS": "accept",
            "HELPLINE_STAFF_FOLDER": "/srv/helpline/staff",
            "HELPLINE_AUDIT_HEAD": "/mnt/other/head",
        }
    )
    assert settings == Settings(
        Twilio(SID, TOKEN, "+12025550123", "http://127.0.0.1:4010", redaction=True),
        Telegram(BOT_TOKEN, SECRET, "http://127.0.0.1:4011"),
        "https://help.example.org/line",
        "0.0.0.0",
        8080,
        "GB",
        30,
        4,
        REDIS,
        accept_unverified_numbers=True,
        staff_folder=Path("/srv/helpline/staff"),
        audit_head=Path("/mnt/other/head"),
    )
    assert settings.real_channels


GOOD: dict[str, tuple[Mapping[str, str], Mapping[str, object]]] = {
    "a service sends": ({**TWILIO, "TWILIO_MESSAGING_SERVICE_SID": SERVICE}, {"sender": SERVICE}),
    "only a service sends": ({**TWILIO, "TWILIO_PHONE_NUMBER": "", "TWILIO_MESSAGING_SERVICE_SID": SERVICE}, {"sender": SERVICE}),
    "a short code sends": ({**TWILIO, "TWILIO_PHONE_NUMBER": "233733"}, {"sender": "233733"}),
    "no redaction": ({**TWILIO, "TWILIO_REDACTION": "off"}, {"redaction": False}),
    "the usual address": (TWILIO, {"api_base": "https://api.twilio.com", "redaction": False}),
}


@pytest.mark.parametrize(("environment", "twilio"), GOOD.values(), ids=GOOD.keys())
def test_ways_to_send_by_twilio(environment: Mapping[str, str], twilio: Mapping[str, object]) -> None:
    found = settings_from(environment).twilio
    assert found and dataclasses.asdict(found).items() >= twilio.items()


def test_telegram_polls_without_a_public_address_and_then_needs_no_secret() -> None:
    assert settings_from(TELEGRAM).telegram == Telegram(BOT_TOKEN, "", "https://api.telegram.org")
    assert settings_from({**TELEGRAM, "TELEGRAM_WEBHOOK_SECRET": SECRET}).telegram == Telegram(BOT_TOKEN, "", "https://api.telegram.org")
    with_address = {**TELEGRAM, "PUBLIC_URL": "https://help.example.org", "TELEGRAM_WEBHOOK_SECRET": SECRET}
    assert settings_from(with_address).telegram == Telegram(BOT_TOKEN, SECRET, "https://api.telegram.org")


@pytest.mark.parametrize("address", ("http://127.0.0.1:8000", "http://localhost:8000", "https://help.example.org", "https://[::1]:8443/x"))
def test_addresses_that_will_do(address: str) -> None:
    assert settings_from({"PUBLIC_URL": address}).public_url == address


@pytest.mark.parametrize("address", ("redis://127.0.0.1:6379/0", "rediss://help.example.org", "unix:///run/redis.sock?db=1", REDIS))
def test_redis_that_will_do(address: str) -> None:
    assert settings_from({"REDIS_URL": address, "HELPLINE_WORKERS": "2"}).redis_url == address


def test_paths_begin_at_the_root_of_the_project_and_the_head_lies_with_the_log_unless_it_is_told_elsewhere() -> None:
    settings = settings_from({"HELPLINE_STAFF_FOLDER": "var/staff"})
    assert (settings.staff_folder, settings.audit_head) == (ROOT / "var" / "staff", ROOT / "var" / "staff" / "audit.head")
    settings = settings_from({"HELPLINE_STAFF_FOLDER": "/srv/staff", "HELPLINE_AUDIT_HEAD": "var/head"})
    assert (settings.staff_folder, settings.audit_head) == (Path("/srv/staff"), ROOT / "var" / "head")


BAD: dict[str, tuple[Mapping[str, str], str]] = {
    "a name misspelt": ({"HELPLINE_WORKER": "2"}, "HELPLINE_WORKER is not a setting. Compare"),
    "another misspelt": ({"HELPLINE_UNVERIFIED": "accept"}, "HELPLINE_UNVERIFIED is not a setting. Compare"),
    "no sid": ({**TWILIO, "TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID is missing or has the wrong form"),
    "a sid of something else": ({**TWILIO, "TWILIO_ACCOUNT_SID": SERVICE}, "TWILIO_ACCOUNT_SID is missing or has the wrong form"),
    "half a sid": ({**TWILIO, "TWILIO_ACCOUNT_SID": SID[:-1]}, "TWILIO_ACCOUNT_SID is missing or has the wrong form"),
    "no token": ({**TWILIO, "TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN is missing or has the wrong form"),
    "a short token": ({**TWILIO, "TWILIO_AUTH_TOKEN": "secret-password"}, "TWILIO_AUTH_TOKEN is missing or has the wrong form"),
    "two words as token": ({**TWILIO, "TWILIO_AUTH_TOKEN": f"{TOKEN} {TOKEN}"}, "TWILIO_AUTH_TOKEN is missing or has the wrong form"),
    "only a number": ({"TWILIO_PHONE_NUMBER": "+12025550123"}, "TWILIO_ACCOUNT_SID is missing"),
    "only a service": ({"TWILIO_MESSAGING_SERVICE_SID": SERVICE}, "TWILIO_ACCOUNT_SID is missing"),
    "no sender": ({**TWILIO, "TWILIO_PHONE_NUMBER": ""}, "No sender is set for Twilio. Set"),
    "a national number": ({**TWILIO, "TWILIO_PHONE_NUMBER": "(202) 555-0123"}, "TWILIO_PHONE_NUMBER has the wrong form. Write it like"),
    "a number with spaces": ({**TWILIO, "TWILIO_PHONE_NUMBER": "+1 202 555 0123"}, "TWILIO_PHONE_NUMBER has the wrong form"),
    "a service of another kind": ({**TWILIO, "TWILIO_MESSAGING_SERVICE_SID": SID}, "TWILIO_MESSAGING_SERVICE_SID has the wrong form"),
    "no public address": ({**TWILIO, "PUBLIC_URL": ""}, "Twilio signs the public address, which is not set. Set PUBLIC_URL"),
    "redaction perhaps": ({**TWILIO, "TWILIO_REDACTION": "yes"}, "TWILIO_REDACTION is neither on nor off. Set it"),
    "Twilio is nowhere": ({**TWILIO, "TWILIO_API_BASE": "api.twilio.com"}, "TWILIO_API_BASE is not a web address. Write it"),
    "a malformed bot token": ({**TELEGRAM, "TELEGRAM_BOT_TOKEN": f"bot{BOT_TOKEN}"}, "TELEGRAM_BOT_TOKEN has the wrong form. Copy it"),
    "a bot token in pieces": ({**TELEGRAM, "TELEGRAM_BOT_TOKEN": BOT_TOKEN + " x"}, "TELEGRAM_BOT_TOKEN has the wrong form. Copy it"),
    "a webhook without secret": ({**TELEGRAM, "PUBLIC_URL": "https://help.example.org"}, "needs a secret. Set TELEGRAM_WEBHOOK_SECRET"),
    "a short secret": (
        {**TELEGRAM, "PUBLIC_URL": "https://help.example.org", "TELEGRAM_WEBHOOK_SECRET": SECRET[:15]},
        "needs a secret. Set TELEGRAM_WEBHOOK_SECRET",
    ),
    "a secret Telegram refuses": (
        {**TELEGRAM, "PUBLIC_URL": "https://help.example.org", "TELEGRAM_WEBHOOK_SECRET": SECRET + "!"},
        "needs a secret. Set TELEGRAM_WEBHOOK_SECRET",
    ),
    "Telegram is nowhere": ({**TELEGRAM, "TELEGRAM_API_BASE": "ftp://x"}, "TELEGRAM_API_BASE is not a web address. Write it"),
    "no address": ({"PUBLIC_URL": "help.example.org"}, "PUBLIC_URL is not a web address. Write it like"),
    "an address without a host": ({"PUBLIC_URL": "https://"}, "PUBLIC_URL is not a web address. Write it like"),
    "a broken address": ({"PUBLIC_URL": "https://[::1"}, "PUBLIC_URL is not a web address. Write it like"),
    "a port that is none": ({"PUBLIC_URL": "https://help.example.org:99999"}, "PUBLIC_URL is not a web address. Write it like"),
    "two words as address": ({"PUBLIC_URL": "https://help.example.org /x"}, "PUBLIC_URL is not a web address. Write it like"),
    "an address with a query": ({"PUBLIC_URL": "https://help.example.org/?x=1"}, "PUBLIC_URL is not a web address. Write it like"),
    "an address with a fragment": ({"PUBLIC_URL": "https://help.example.org/#x"}, "PUBLIC_URL is not a web address. Write it like"),
    "an address in clear": ({"PUBLIC_URL": "http://help.example.org"}, "PUBLIC_URL is not encrypted. Use an https address."),
    "an address that only begins locally": ({"PUBLIC_URL": "http://127.0.0.1.example.org"}, "PUBLIC_URL is not encrypted. Use"),
    "a country in words": ({"HELPLINE_COUNTRY": "United States"}, "HELPLINE_COUNTRY is not a country code. Use two letters"),
    "a country in digits": ({"HELPLINE_COUNTRY": "+1"}, "HELPLINE_COUNTRY is not a country code. Use two letters"),
    "no country for SMS": ({**TWILIO, "HELPLINE_COUNTRY": ""}, "Real channels need to know the country they are launched for. Set"),
    "no country for Telegram": ({**TELEGRAM, "HELPLINE_COUNTRY": ""}, "Real channels need to know the country they are launched for. Set"),
    "half an override": ({"HELPLINE_UNVERIFIED_NUMBERS": "yes"}, "HELPLINE_UNVERIFIED_NUMBERS has only one value. Set it to accept"),
    "an override that shouts": ({"HELPLINE_UNVERIFIED_NUMBERS": "ACCEPT"}, "HELPLINE_UNVERIFIED_NUMBERS has only one value. Set it"),
    "another store": ({"REDIS_URL": "memcached://:secret-password@127.0.0.1"}, "REDIS_URL is not an address of Redis. Write it like"),
    "a store without a scheme": ({"REDIS_URL": ":secret-password@127.0.0.1:6379"}, "REDIS_URL is not an address of Redis. Write it like"),
    "a broken store": ({"REDIS_URL": "redis://:secret-password@[::1"}, "REDIS_URL is not an address of Redis. Write it like"),
    "a store at no port": ({"REDIS_URL": "redis://:secret-password@127.0.0.1:x"}, "REDIS_URL is not an address of Redis. Write it like"),
    "two workers that share nothing": ({"HELPLINE_WORKERS": "2"}, "Several workers need a shared store. Set REDIS_URL, or leave"),
    **{
        f"{name} {value!r}": ({name: value}, f"{name} is not a whole number. Set it between {lowest} and {highest}, or leave it out for")
        for name, lowest, highest in (("PORT", 1, 65535), ("HELPLINE_SESSION_MINUTES", 1, 1440), ("HELPLINE_WORKERS", 1, 64))
        for value in ("x", "0", "-1", "1.5", str(highest + 1), "1e3", "²", "0x10", "1 0", "1_0")
    },
}


@pytest.mark.parametrize(("environment", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_told_and_how_to_mend_it(environment: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        settings_from(environment)
    said = str(raised.value)
    assert sentence in said
    assert said.endswith(".")
    assert not [secret for secret in SECRETS if secret in said]
    assert raised.value.__cause__ is None and (raised.value.__context__ is None or raised.value.__suppress_context__)


def test_no_secret_is_in_what_settings_look_like() -> None:
    settings = settings_from({**TWILIO, **TELEGRAM, "TELEGRAM_WEBHOOK_SECRET": SECRET, "REDIS_URL": REDIS})
    for shown in (repr(settings), str(settings), repr(settings.twilio), str(settings.telegram), f"{settings!r}", repr([settings])):
        assert not [secret for secret in SECRETS if secret in shown]


EXAMPLE = ROOT / ".env.example"
# A setting that is not set, and a line of explanation behind it.
SETTING = re.compile(r"# ([A-Z_]+)=(\S*)\s+# (\S.*)")


def test_the_example_names_exactly_the_settings_and_explains_each_in_a_line() -> None:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if "=" in line]
    found = [match for line in lines if (match := SETTING.fullmatch(line))]
    assert len(found) == len(lines)
    assert sorted(match[1] for match in found) == sorted(KNOWN)
    assert all(len(match[3].split()) >= 3 for match in found)


def test_the_example_taken_as_it_is_changes_nothing() -> None:
    """As `make run` reads it: in a shell."""
    written = subprocess.run(["sh", "-c", f"set -a; . {EXAMPLE}; env"], env={}, capture_output=True, text=True, check=True).stdout
    assert settings_from(dict(line.split("=", 1) for line in written.splitlines())) == settings_from({})


def test_the_defaults_that_the_example_names_are_the_defaults() -> None:
    found = {match[1]: match[2] for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if (match := SETTING.fullmatch(line))}
    named = {name: value for name, value in found.items() if value}
    assert settings_from(named) == settings_from({})
    channels = settings_from({**TWILIO, **TELEGRAM, **named, "TELEGRAM_WEBHOOK_SECRET": SECRET})
    assert channels == settings_from({**TWILIO, **TELEGRAM, "TELEGRAM_WEBHOOK_SECRET": SECRET})
