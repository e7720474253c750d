"""Configuration by environment, validated at start. What is wrong stops the start with a sentence that says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.paths import ROOT

KNOWN = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_PHONE_NUMBER",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_API_BASE",
    "TWILIO_REDACTION",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
    "TELEGRAM_API_BASE",
    "PUBLIC_URL",
    "HOST",
    "PORT",
    "REDIS_URL",
    "HELPLINE_COUNTRY",
    "HELPLINE_SESSION_MINUTES",
    "HELPLINE_WORKERS",
    "HELPLINE_UNVERIFIED_NUMBERS",
    "HELPLINE_STAFF_FOLDER",
    "HELPLINE_AUDIT_HEAD",
)


@dataclass(frozen=True)
class Twilio:
    """An account at Twilio.

    Attributes:
        account_sid, auth_token: of the account; the token proves webhooks.
        sender: phone number (E.164) or Messaging Service sid (``MG...``) that replies come from.
        api_base: where the REST API is; another address only in tests.
        redaction: the account has Message Redaction, so replies go through the API with retention off.
    """

    account_sid: str
    auth_token: str
    sender: str
    api_base: str
    redaction: bool

    def __repr__(self) -> str:
        return "<Twilio>"


@dataclass(frozen=True)
class Telegram:
    """A bot at Telegram.

    Attributes:
        token: of the bot.
        secret: secret token of the webhook; empty when polling.
        api_base: where the Bot API is; another address only in tests.
    """

    token: str
    secret: str
    api_base: str

    def __repr__(self) -> str:
        return "<Telegram>"


@dataclass(frozen=True)
class Settings:
    """Everything that an operator may set; `.env.example` says each in a line.

    Attributes:
        twilio, telegram: None where the channel is not configured.
        public_url: https address under which the providers reach this service, without a slash at its end; empty if none.
        host, port: where to listen.
        country: ISO 3166-1 alpha-2 code of the country that the service is launched for.
        session_minutes: quiet time after which a session is forgotten.
        workers: processes that answer; more than one needs Redis.
        redis_url: empty where the store is in memory.
        accept_unverified_numbers: the operator takes responsibility for numbers that no human has checked.
        staff_folder: where the accounts of the staff lie, and the log of what they did.
        audit_head: file that holds the end of that log, so that nothing can be cut off from it unseen.
    """

    twilio: Twilio | None
    telegram: Telegram | None
    public_url: str
    host: str
    port: int
    country: str
    session_minutes: int
    workers: int
    redis_url: str = field(repr=False)  # it may hold a password
    accept_unverified_numbers: bool
    staff_folder: Path
    audit_head: Path

    @property
    def real_channels(self) -> bool:
        """Whether real people can reach the service; trial phones are off then."""
        return self.twilio is not None or self.telegram is not None


def _whole(environment: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit()) or not lowest <= int(text) <= highest:
        raise ConfigurationError(f"{name} is not a whole number. Set it between {lowest} and {highest}, or leave it out for {default}.")
    return int(text)


def _path(environment: Mapping[str, str], name: str, default: Path) -> Path:
    """A path; one that does not begin at the root of the file system begins at that of the project, wherever the service is started."""
    text = environment.get(name, "").strip()
    return ROOT / text if text else default


def _is_absolute(url: str, *schemes: str) -> bool:
    """Whether a text is an address of one of the schemes, with a host (or a path, for a socket) and a port that can be one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.netloc or parts.scheme == "unix") and port != 0 and not re.search(r"\s", url)


def _address(environment: Mapping[str, str], name: str, default: str = "") -> str:
    url = (environment.get(name, "").strip() or default).rstrip("/")
    if url and (not _is_absolute(url, "http", "https") or "?" in url or "#" in url):
        raise ConfigurationError(f"{name} is not a web address. Write it like https://help.example.org.")
    return url


def _twilio(environment: Mapping[str, str], public_url: str) -> Twilio | None:
    value = {name: environment.get(name, "").strip() for name in KNOWN if name.startswith("TWILIO_")}
    if not any(value[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "TWILIO_MESSAGING_SERVICE_SID")):
        return None
    for name, form, like in (
        ("TWILIO_ACCOUNT_SID", r"AC[0-9a-fA-F]{32}", "AC and 32 hex digits"),
        ("TWILIO_AUTH_TOKEN", r"\S{16,}", "at least 16 characters"),
    ):
        if not re.fullmatch(form, value[name]):
            raise ConfigurationError(f"{name} is missing or has the wrong form ({like}). Copy it from the Twilio console.")
    number, service = value["TWILIO_PHONE_NUMBER"], value["TWILIO_MESSAGING_SERVICE_SID"]
    if not number and not service:
        raise ConfigurationError("No sender is set for Twilio. Set TWILIO_PHONE_NUMBER or TWILIO_MESSAGING_SERVICE_SID.")
    if number and not re.fullmatch(r"\+[1-9]\d{6,14}|\d{3,8}", number):
        raise ConfigurationError("TWILIO_PHONE_NUMBER has the wrong form. Write it like +12025550123.")
    if service and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service):
        raise ConfigurationError("TWILIO_MESSAGING_SERVICE_SID has the wrong form (MG and 32 hex digits). Copy it from the Twilio console.")
    if not public_url:
        raise ConfigurationError(
            "Twilio signs the public address, which is not set. Set PUBLIC_URL to the https address that Twilio calls."
        )
    if value["TWILIO_REDACTION"] not in ("", "on", "off"):
        raise ConfigurationError("TWILIO_REDACTION is neither on nor off. Set it to on only where the account has Message Redaction.")
    api_base = _address(environment, "TWILIO_API_BASE", "https://api.twilio.com")
    return Twilio(value["TWILIO_ACCOUNT_SID"], value["TWILIO_AUTH_TOKEN"], service or number, api_base, value["TWILIO_REDACTION"] == "on")


def _telegram(environment: Mapping[str, str], public_url: str) -> Telegram | None:
    token = environment.get("TELEGRAM_BOT_TOKEN", "").strip()
    secret = environment.get("TELEGRAM_WEBHOOK_SECRET", "").strip()
    if not token:
        return None
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", token):
        raise ConfigurationError("TELEGRAM_BOT_TOKEN has the wrong form. Copy it from @BotFather; it looks like 123456:ABC-DEF.")
    if public_url and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
        raise ConfigurationError(
            "With PUBLIC_URL set, Telegram calls a webhook, which needs a secret. "
            "Set TELEGRAM_WEBHOOK_SECRET to 16 or more of A-Z a-z 0-9 _ -."
        )
    return Telegram(token, secret if public_url else "", _address(environment, "TELEGRAM_API_BASE", "https://api.telegram.org"))


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Reads and checks the configuration.

    Args:
        environment: names and values, as in `os.environ`.
    Raises:
        ConfigurationError: a value is missing, malformed or unsafe; nothing of a secret is in its text.
    """
    for name in environment:
        if name.startswith("HELPLINE_") and name not in KNOWN:
            raise ConfigurationError(f"{name} is not a setting. Compare its spelling with .env.example.")
    public_url = _address(environment, "PUBLIC_URL")
    if public_url and urlsplit(public_url).scheme != "https" and urlsplit(public_url).hostname not in ("127.0.0.1", "localhost"):
        raise ConfigurationError("PUBLIC_URL is not encrypted. Use an https address.")
    twilio, telegram = _twilio(environment, public_url), _telegram(environment, public_url)
    country = environment.get("HELPLINE_COUNTRY", "").strip().upper()
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise ConfigurationError("HELPLINE_COUNTRY is not a country code. Use two letters, such as US or GB.")
    if (twilio or telegram) and not country:
        raise ConfigurationError("Real channels need to know the country they are launched for. Set HELPLINE_COUNTRY, such as US or GB.")
    override = environment.get("HELPLINE_UNVERIFIED_NUMBERS", "").strip()
    if override not in ("", "accept"):
        raise ConfigurationError("HELPLINE_UNVERIFIED_NUMBERS has only one value. Set it to accept, or leave it out.")
    workers = _whole(environment, "HELPLINE_WORKERS", 1, 1, 64)
    redis_url = environment.get("REDIS_URL", "").strip()
    if redis_url and not _is_absolute(redis_url, "redis", "rediss", "unix"):
        raise ConfigurationError("REDIS_URL is not an address of Redis. Write it like redis://127.0.0.1:6379/0.")
    if workers > 1 and not redis_url:
        raise ConfigurationError("Several workers need a shared store. Set REDIS_URL, or leave HELPLINE_WORKERS at 1.")
    staff_folder = _path(environment, "HELPLINE_STAFF_FOLDER", ROOT / "staff")
    return Settings(
        twilio,
        telegram,
        public_url,
        environment.get("HOST", "").strip() or "127.0.0.1",
        _whole(environment, "PORT", 8000, 1, 65535),
        country,
        _whole(environment, "HELPLINE_SESSION_MINUTES", 15, 1, 24 * 60),
        workers,
        redis_url,
        override == "accept",
        staff_folder,
        _path(environment, "HELPLINE_AUDIT_HEAD", staff_folder / "audit.head"),
    )
