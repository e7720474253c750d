"""Telegram: by webhook where there is a public address, by polling where there is none, through python-telegram-bot.

Of python-telegram-bot only `Bot` is used. Its `Application` would keep data of each chat, and its `Updater` asks for the same batch of
updates for ever, and logs it word for word, when one of them cannot be read. Order within a chat and the limit on what is open at
once are kept here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

import telegram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram.constants import ChatType
from telegram.request import BaseRequest, HTTPXRequest

from bot import settings
from bot.channels.outlets import Outcome, Sent, of_rest, outcome_of
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.telegram_memory import Chat, ChatMemory, FirstTimes
from bot.channels.telegram_profile import set_profile
from bot.channels.telegram_sending import TelegramShape, call, delete_messages, send_reply, show_typing, was_pressed_long_ago
from bot.channels.telegram_updates import (
    ALLOWED_UPDATES,
    LATE_SECONDS,
    chat_of,
    is_late,
    location_of,
    message_id_of,
    message_of,
    read_update,
)
from bot.conversation.messages import Message, Reply, Shape
from bot.errors import ConfigurationError, HelplineError
from bot.store.sealed_lists import SealedLists

PATH = "/webhooks/telegram/webhook"
# https://core.telegram.org/bots/api#setwebhook
PROOF_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_MOST_CONNECTIONS = 10  # Telegram gets its 200 at once, so few are enough
_LARGEST_BODY = 64 * 1024
_MOST_OPEN = 256  # updates being answered at once; beyond, Telegram waits
_LONG_POLL = 25  # seconds
_SHORTEST_PAUSE, _LONGEST_PAUSE, _CONFLICT_PAUSE = 1.0, 30.0, 30.0  # seconds between tries, growing from the first to the second
_START = 3.0  # seconds that the start waits for Telegram
_MOST_WAITING = 30  # messages of one chat; nobody reads more answers at once, and one sender must not use up what all share
_GRACE = 1.0  # seconds that a late message waits for a newer one of its chat
_DRAIN = 10.0  # seconds that open updates get at the end
_BETWEEN_CANCELLATIONS = 0.2  # seconds

_LOG = logging.getLogger(__name__)
# Everything that this channel says of itself. Each sentence is fixed; beside it stands at most the kind of an error.
_UNREADABLE = "telegram.unreadable: an update could not be read and was passed over. Raise python-telegram-bot if this comes often."
_FAILED = "telegram.failed (%s): a message was not answered, or not sent. Report this with the version of the service."
_NOT_SENT = "telegram.not_sent (%s): %s"
_NOT_ERASED = "telegram.not_erased (%s): %s"
_NOT_SHARED = "telegram.not_shared (%s): the store does not answer, so leaving may not delete what other workers sent. Check the store."
_FLOOD = "telegram.flood: a message was passed over because thirty of its chat are waiting. Nothing is left to do."
_NO_CLAIM = "telegram.no_claim (%s): the store does not answer, so a repeated update is only known within this process. Check the store."
_CONFLICT = (
    "telegram.conflict: another process polls with this bot token, or has set a webhook for it. Stop it, or give each a bot of its own."
)
_AWAY = "telegram.away (%s): Telegram cannot be reached and is tried again. Check the connection to it if this lasts."
_BACK = "telegram.back: Telegram answers."
_UNKNOWN_BOT = "telegram.token_refused: TELEGRAM_BOT_TOKEN is no longer valid. Copy the present one from @BotFather and restart."
_URL_REFUSED = "telegram.url_refused: Telegram refuses PUBLIC_URL. Use a public https address on port 443, 80, 88 or 8443, then restart."
_PROFILE = "telegram.profile (%s): part of the bot's profile could not be set. It is tried again at the next start."
_GROUPS = "telegram.groups: the bot can be added to groups, which it leaves at once. Switch that off at @BotFather (/setjoingroups)."


def quiet_libraries() -> None:
    """Keeps the libraries below from logging what they carry, whatever the level of the root logger is.

    At INFO httpx logs each URL, with the token in it. python-telegram-bot logs words and chat ids not only at DEBUG: an update or an
    answer that it cannot read is logged whole, as CRITICAL and as ERROR. What an operator needs is said by the events of this module.
    """
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Bot(telegram.Bot):
    """A bot whose updates come as JSON, so that each is read by itself."""

    async def raw_updates(self, offset: int | None, wait: int, most: int = 100) -> list[dict[str, Any]]:
        """What came since `offset`, all with an id; waits up to `wait` seconds for it. https://core.telegram.org/bots/api#getupdates"""
        data = {"offset": offset, "limit": most, "timeout": wait, "allowed_updates": list(ALLOWED_UPDATES)}
        updates = await self._post("getUpdates", data, read_timeout=wait + 10)
        return [update for update in updates if type(update["update_id"]) is int]


class TelegramChannel:
    """One bot at Telegram.

    A repeated update is handled once: update ids are claimed before anything else happens, so a repeat (Telegram posts again when
    our 200 got lost) never comes as far as `answer`, and a reply cannot go out twice.

    It is an `Outlet` too, in every worker and before `start`.

    Attributes:
        shape: how much one reply carries.

    Args:
        telegram: token, secret and address of the Bot API.
        public_url: where Telegram reaches this service, without a slash at its end; empty to poll.
        answer: the conversation. It must not raise: it has its last wall.
        request: how calls travel, in place of HTTP; a trial phone brings its own.
        poll: this process is the one that deals with Telegram: it polls, or sets the webhook, and sets the profile. With several
            workers exactly one does; the others only answer what comes to their routes.
        session_minutes: quiet time after which the message ids of a chat are forgotten.
        claim: says whether a delivery id comes for the first time to any of several workers. One alone knows by itself.
        shared: where several workers share the message ids of a chat, so that leaving deletes what any of them sent. One alone
            remembers its own.
    """

    def __init__(
        self,
        telegram: settings.Telegram,
        public_url: str,
        answer: Callable[[Message, Shape], Awaitable[Reply]],
        *,
        request: BaseRequest | None = None,
        poll: bool = True,
        session_minutes: float = 15,
        claim: Callable[[str], Awaitable[bool]] | None = None,
        shared: SealedLists | None = None,
    ) -> None:
        quiet_libraries()  # before the first line of the library, which logs the token at DEBUG
        self._secret = telegram.secret
        self._public_url = public_url
        self._answer = answer
        self._poll = poll
        self._claim = claim
        self._shared = shared
        self._request = request or HTTPXRequest(connection_pool_size=64, pool_timeout=10)
        self._bot = _Bot(telegram.token, f"{telegram.api_base}/bot", request=self._request, get_updates_request=self._request)
        self.shape: Shape = TelegramShape()
        self._chats = ChatMemory(session_minutes)
        self._first_times = FirstTimes()
        self._open: set[asyncio.Task[None]] = set()
        self._work: asyncio.Task[None] | None = None
        self._stopping = False
        self._offset: int | None = None
        self._trouble: tuple[Failure, int | None] | None = None

    # --- life -----------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begins to receive. Where Telegram does not answer within seconds, it is tried again and again in the background.

        Raises:
            ConfigurationError: Telegram does not know the token.
        """
        self._stopping = False
        await self._request.initialize()
        if not self._poll:
            return
        await self._meet()
        self._work = asyncio.create_task(self._receive())

    async def _meet(self) -> None:
        """Makes sure of the token, if Telegram answers soon."""
        try:
            me = await asyncio.wait_for(call(self._bot.get_me), _START)
        except asyncio.TimeoutError:
            self._note_trouble(ProviderError(Failure.NOT_CONNECTED))
        except ProviderError as error:
            if error.failure is Failure.SETTINGS:
                raise ConfigurationError("Telegram does not know TELEGRAM_BOT_TOKEN. Copy it again from @BotFather.") from None
            self._note_trouble(error)
        else:
            if me.can_join_groups:
                _LOG.warning(_GROUPS)

    async def stop(self) -> None:
        """Stops receiving, lets what is open come to its end, and forgets everything. Telegram keeps what comes later."""
        self._stopping = True
        if self._work is not None:
            await _end(self._work)
            self._work = None
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=_DRAIN)
            for task in late:
                task.cancel()
        if self._offset is not None:
            # What was answered must not come again after the restart.
            offset = self._offset
            try:
                await call(lambda: self._bot.raw_updates(offset, wait=0, most=1))
            except ProviderError as error:
                self._note_trouble(error)
        self._chats.close()
        await self._request.shutdown()

    async def _receive(self) -> None:
        await self._register()
        profile = asyncio.create_task(self._set_profile())
        try:
            if not self._public_url:
                await self._poll_forever()
            await profile
        finally:
            profile.cancel()

    async def _register(self) -> None:
        """Tells Telegram where updates go, until it takes it. What waits there is kept."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await call(self._set_webhook if self._public_url else self._bot.delete_webhook)
                return self._note_trouble(None)
            except ProviderError as error:
                self._note_trouble(error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _set_webhook(self) -> bool:
        return await self._bot.set_webhook(
            f"{self._public_url}{PATH}",
            allowed_updates=ALLOWED_UPDATES,
            secret_token=self._secret,
            max_connections=_MOST_CONNECTIONS,
        )

    async def _set_profile(self) -> None:
        for error in await set_profile(self._bot):
            _LOG.warning(_PROFILE, error.failure.value)

    def _note_trouble(self, error: ProviderError | None) -> None:
        """Says once when Telegram begins to fail in some way, and once when it answers again."""
        kind = (error.failure, error.code) if error else None
        if kind == self._trouble:
            return
        self._trouble = kind
        if error is None:
            _LOG.info(_BACK)
        elif _is_conflict(error):
            _LOG.error(_CONFLICT)
        elif error.failure is Failure.SETTINGS:
            _LOG.error(_UNKNOWN_BOT)
        elif error.failure is Failure.REFUSED and self._public_url:
            _LOG.error(_URL_REFUSED)
        else:
            _LOG.warning(_AWAY, error.failure.value)

    # --- receiving ------------------------------------------------------------------------------------------------------------

    async def _poll_forever(self) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            try:
                updates = await call(self._next_updates)
            except ProviderError as error:
                self._note_trouble(error)
                # Two pollers take each other's turn away with every call; the slow one gives way.
                await asyncio.sleep(_CONFLICT_PAUSE if _is_conflict(error) else pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            self._note_trouble(None)
            pause = _SHORTEST_PAUSE
            for data in updates:
                while len(self._open) >= _MOST_OPEN:
                    await asyncio.wait(self._open, return_when=asyncio.FIRST_COMPLETED)
                self._offset = data["update_id"] + 1
                update = read_update(data)
                if update is None:
                    _LOG.error(_UNREADABLE)
                else:
                    self._accept(update)

    async def _next_updates(self) -> list[dict[str, Any]]:
        return await self._bot.raw_updates(self._offset, _LONG_POLL)

    def routes(self) -> list[Route]:
        """The webhook, where Telegram is to call it; none when polling."""
        return [Route(PATH, self._webhook, methods=["POST"])] if self._public_url else []

    async def _webhook(self, request: Request) -> Response:
        if not self._is_from_telegram(request):
            return _status(HTTPStatus.FORBIDDEN)
        try:
            body = await _limited_body(request)
        except ClientDisconnect:
            return _status(HTTPStatus.BAD_REQUEST)
        if body is None:
            return _status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        update = read_update(_json(body))
        if update is None:
            return _status(HTTPStatus.BAD_REQUEST)
        if self._stopping or len(self._open) >= _MOST_OPEN:
            return _status(HTTPStatus.SERVICE_UNAVAILABLE)  # Telegram posts it again
        self._accept(update)
        return Response(status_code=HTTPStatus.OK)

    def _is_from_telegram(self, request: Request) -> bool:
        given = request.headers.get(PROOF_HEADER, "").encode("latin-1")
        return bool(self._secret) and hmac.compare_digest(given, self._secret.encode())

    def _accept(self, update: telegram.Update) -> None:
        task = asyncio.create_task(self._handle(update))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    # --- one update -----------------------------------------------------------------------------------------------------------

    async def handle(self, update_json: dict[str, Any]) -> None:
        """Answers one update; returns when the reply is out. Raises nothing.

        Args:
            update_json: an update, parsed; https://core.telegram.org/bots/api#update.
        """
        update = read_update(update_json)
        if update is None:
            _LOG.error(_UNREADABLE)
        else:
            await self._handle(update)

    async def _handle(self, update: telegram.Update) -> None:
        try:
            if await self._is_first(str(update.update_id)):
                await self._take(update)
        except ProviderError as error:
            _tell_operator(error)
        except Exception as error:  # noqa: BLE001 - none may reach a traceback: its text may quote the person
            _LOG.error(_FAILED, type(error).__name__)

    async def _is_first(self, delivery: str) -> bool:
        if not self._first_times.claim(delivery):
            return False
        if self._claim is None:
            return True
        try:
            return await self._claim(delivery)
        except HelplineError as error:
            _LOG.error(_NO_CLAIM, type(error).__name__)
            return True

    async def _take(self, update: telegram.Update) -> None:
        chat = chat_of(update)
        if chat is None:
            return
        if chat.type != ChatType.PRIVATE:
            await self._leave(update, chat.id)
        elif update.my_chat_member is not None:
            # Blocked, or let in again: nobody said anything. What an erase would have needed is of no use any more.
            await self._forget(self._chats.chat(chat.id), chat.id)
        elif update.effective_user is not None and not update.effective_user.is_bot:
            await self._converse(update, chat.id)

    async def _leave(self, update: telegram.Update, chat_id: int) -> None:
        """Leaves a group or channel without a word: all in it would read along."""
        change = update.my_chat_member
        if change is None or change.new_chat_member.status not in (telegram.ChatMember.LEFT, telegram.ChatMember.BANNED):
            await call(lambda: self._bot.leave_chat(chat_id))

    async def _converse(self, update: telegram.Update, chat_id: int) -> None:
        message, query, written = message_of(update), update.callback_query, message_id_of(update)
        late = await was_pressed_long_ago(self._bot, query.id) if query else is_late(update)
        if message is None:
            return
        chat = self._chats.chat(chat_id)
        if written is not None:
            chat.note(written)
        if late and not await self._answers_for_all_late(chat, update):
            return
        if chat.waiting >= _MOST_WAITING:
            _LOG.warning(_FLOOD)
            return
        async with chat.turn():
            chat.answered = time.monotonic()
            country, place = await location_of(update)
            message = replace(message, late=late, country=country, place=place)
            reply = await self._answer(message, self.shape)
            async with chat.sending:
                await self._deliver(chat, chat_id, reply)

    async def _answers_for_all_late(self, chat: Chat, update: telegram.Update) -> bool:
        """Whether a late message is the one of its chat that is answered: the newest, and only if no answer came since it was written."""
        if update.edited_message is not None:
            return False  # the message itself has had its line
        # After an outage a chat's messages come right behind each other, each through its own request perhaps.
        chat.newest_late = max(chat.newest_late, update.update_id)
        await asyncio.sleep(_GRACE)
        return chat.newest_late == update.update_id and (update.callback_query is not None or not _answered_lately(chat))

    # --- outwards -------------------------------------------------------------------------------------------------------------

    async def send(self, address: str, reply: Reply) -> Sent:
        """See `Outlet`. There are no delivery reports.

        It waits for what is being sent to the chat, but not for the turn of a message that is being answered: whoever answers may
        send here as well, or wait for something that the sender holds, and both would wait for each other.

        What was handed in before everything was deleted from the chat does not come after it: the person has left.
        """
        chat_id = _private_chat(address)
        if chat_id is None:
            return Sent(Outcome.UNREACHABLE)
        try:
            chat = self._chats.chat(chat_id)
            erasures = chat.erasures
            async with chat.sending:
                return Sent(await self._deliver(chat, chat_id, reply) if chat.erasures == erasures else Outcome.NOT_SENT)
        except Exception as error:  # noqa: BLE001 - as in `_handle`
            _LOG.error(_FAILED, type(error).__name__)
            return Sent(Outcome.UNKNOWN)

    async def typing(self, address: str) -> None:
        """See `Outlet`."""
        chat_id = _private_chat(address)
        if chat_id is not None:
            with contextlib.suppress(Exception):  # nobody misses a sign that does not come
                await show_typing(self._bot, chat_id)

    async def _deliver(self, chat: Chat, chat_id: int, reply: Reply) -> Outcome:
        """Erases where the reply says so, and sends it. Whoever calls this holds `chat.sending`."""
        if reply.erase:
            await self._erase(chat, chat_id)
        begun = False
        try:
            async for sent in send_reply(self._bot, chat_id, reply):
                chat.note(sent)
                begun = True
        except ProviderError as error:
            _tell_operator(error)
            if error.failure is Failure.OPTED_OUT:
                await self._forget(chat, chat_id)
            return of_rest(outcome_of(error)) if begun else outcome_of(error)
        finally:
            await self._tell_others(chat, chat_id)
        return Outcome.SENT

    async def _erase(self, chat: Chat, chat_id: int) -> None:
        """Deletes all messages of the session, those of this worker first: they need no store."""
        chat.erasures += 1
        known = chat.take()
        errors = await delete_messages(self._bot, chat_id, known)
        of_others = [message_id for message_id in await self._shared_ids(chat_id) if message_id not in known]
        for error in errors + await delete_messages(self._bot, chat_id, of_others):
            _LOG.warning(_NOT_ERASED, error.failure.value, error)

    async def _forget(self, chat: Chat, chat_id: int) -> None:
        """Drops what is remembered of a chat, here and for all workers."""
        chat.take()
        self._chats.forget(chat_id)
        await self._shared_ids(chat_id)

    async def _tell_others(self, chat: Chat, chat_id: int) -> None:
        """Lets all workers know the message ids that were noted here. After sending: nobody must wait for it."""
        ids = chat.untold()
        if self._shared is None or not ids:
            return
        try:
            await self._shared.append(str(chat_id), *ids)
        except HelplineError as error:
            _LOG.error(_NOT_SHARED, type(error).__name__)

    async def _shared_ids(self, chat_id: int) -> list[int]:
        """The message ids that all workers noted; they are forgotten there."""
        if self._shared is None:
            return []
        try:
            return await self._shared.take(str(chat_id))
        except HelplineError as error:
            _LOG.error(_NOT_SHARED, type(error).__name__)
            return []


async def _end(task: asyncio.Task[None]) -> None:
    """Cancels a task until it has ended: one cancellation alone can get lost in a library that turns it into an error of its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_BETWEEN_CANCELLATIONS)


def _answered_lately(chat: Chat) -> bool:
    """A late message is older than any answer that the chat got since; that answer will do for it."""
    return chat.answered is not None and time.monotonic() - chat.answered < LATE_SECONDS


def _private_chat(address: str) -> int | None:
    """The id of a private chat; None for what is none. A phone number would be somebody else's chat, and a group would read along."""
    return int(address) if address.isascii() and address.isdecimal() else None


def _tell_operator(error: ProviderError) -> None:
    _LOG.log(logging.ERROR if error.for_operator else logging.WARNING, _NOT_SENT, error.failure.value, error)


def _is_conflict(error: ProviderError) -> bool:
    return error.failure is Failure.SETTINGS and error.code == 409


def _status(status: HTTPStatus) -> Response:
    return PlainTextResponse(status.phrase, status)


async def _limited_body(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than any update."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)


def _json(body: bytes) -> object:
    try:
        return cast(object, json.loads(body))
    except (ValueError, RecursionError):
        return None
