"""The trained Rasa model at work: understands a text, answers a message. Runs in the dialogue process only."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from bot.dialogue import slim_rasa

slim_rasa.install()

import structlog  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import OutputChannel, UserMessage  # noqa: E402
from rasa.core.lock_store import InMemoryLockStore  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.conversation.messages import Block, Turn, Understanding  # noqa: E402
from bot.dialogue.found import Found  # noqa: E402
from bot.dialogue.in_process_actions import InProcessActions, trust_results  # noqa: E402
from bot.dialogue.lookup import look_up  # noqa: E402
from bot.dialogue.ordered_runner import OrderedRunner  # noqa: E402
from bot.dialogue.persons_sought import person_patterns  # noqa: E402
from bot.dialogue.second_reading import NUMBERS_OF, read_again  # noqa: E402
from bot.dialogue.tracker_state import AboutTurn, OneTurnStore, State, tracker_of  # noqa: E402
from bot.dialogue.typed_choices import typed_choice, typed_choices  # noqa: E402
from bot.dialogue.wording import CatalogueWording  # noqa: E402
from bot.errors import ModelError, TurnFailed  # noqa: E402
from bot.knowledge.answers import answers  # noqa: E402
from bot.knowledge.emergency import emergency_table, numbers_elsewhere, numbers_of  # noqa: E402
from bot.knowledge.local_services import index, is_away, is_shared, place_of  # noqa: E402
from bot.knowledge.localities import gazetteer  # noqa: E402
from bot.locales import DEFAULT, locale_of  # noqa: E402

_SENDER = "session"  # Rasa wants a sender's id; nobody has one here
_COMMAND_SIGN = re.compile(r"^\s*/[\s/]*")


def _drop_event(*_: Any) -> Any:
    raise structlog.DropEvent


def silence_rasa() -> None:
    """Rasa logs what people write at DEBUG, and structlog prints everything unless told otherwise. Both are shut off, whatever level
    somebody sets elsewhere: what Rasa's loggers say reaches no handler."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), processors=[_drop_event], cache_logger_on_first_use=False
    )
    for name in ("rasa", "rasa_sdk", "apscheduler", "asyncio"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
        logger.handlers[:] = [logging.NullHandler()]


class Outbox(OutputChannel):
    """Collects what actions say in one turn. Each entry is a dict with `text` and what its action said about it:

    option: payload of the choice whose title the text is; optional: may be dropped where there is no room; urgent: kind of
    urgency that the text answers; bare: no choice may be spelled out; ended: the session is to be dropped; joined: it belongs to the text
    before it, and is never parted from that.
    """

    def __init__(self) -> None:
        self.entries: List[Dict[Text, Any]] = []

    @classmethod
    def name(cls) -> Text:
        """The channel's name for Rasa. Real channels differ only in shape, which Rasa need not know."""
        return "helpline"

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        """Takes one entry."""
        self.entries.append(message)


def understanding_from(parsed: Dict[str, Any]) -> Understanding:
    """What the components found, as the rest of the service knows it."""
    found = parsed["understanding"]
    return Understanding(
        locale=found["locale"] or DEFAULT,
        topic=found["topic"],
        ranking=tuple((name, chance) for name, chance in found["ranking"]),
        confidence=found["confidence"],
        acted=found["acted"],
        offered=tuple(found["offered"]),
        urgency=found["urgency"],
        certain=found["certain"],
        also=found["also"],
        country=found["country"],
        other_locale=found["other_locale"],
        outside=found["outside"],
    )


class Engine:
    """A loaded model.

    Args:
        model: path of the trained model (tar.gz).
    Raises:
        ModelError: it cannot be loaded, or does not fit this code.
    """

    def __init__(self, model: Path) -> None:
        silence_rasa()
        trust_results()
        if not model.is_file():  # Rasa would take the newest file of the folder instead, and not say so
            raise ModelError(f"There is no model {model.name}. Train one with `helpline train`.")
        try:
            self._agent = Agent.load(
                str(model),
                generator=CatalogueWording(),
                lock_store=InMemoryLockStore(),
                action_endpoint=InProcessActions("actions"),
            )
        except Exception as error:  # noqa: BLE001 - whatever Rasa raises, the remedy is the same
            raise ModelError(
                f"The model {model.name} cannot be loaded ({type(error).__name__}). Train it again with `helpline train`."
            ) from None
        if self._agent.processor is None or self._agent.domain is None:
            raise ModelError(f"The model {model.name} holds no dialogue. Train it again with `helpline train`.")
        # Each message is held against the whole domain, which is written out anew for that: the tests have done so.
        self._agent.processor._check_for_unseen_features = lambda parsed: None
        self._agent.processor.graph_runner = OrderedRunner(self._agent.processor.graph_runner)
        self._first_reading, self._agent.processor.parse_message = self._agent.processor.parse_message, self._read
        # Rasa wraps every store in one that silently keeps whole trackers, text and all, when saving fails: taken out.
        self._store = OneTurnStore(self._agent.domain)
        self._agent.tracker_store = self._store
        self._agent.processor.tracker_store = self._store
        self._wording = self._agent.processor.nlg
        self._loop = asyncio.new_event_loop()
        answers(), emergency_table(), index(), typed_choices(), person_patterns()  # read now, not while the first person waits

    async def _read(
        self, message: UserMessage, tracker: Optional[DialogueStateTracker] = None, only_output_properties: bool = True
    ) -> Dict[Text, Any]:
        """What Rasa's components find in a message, and then what `read_again` does."""
        parsed = await self._first_reading(message, tracker, only_output_properties)
        known = tracker.get_slot("country") if tracker else None
        read_again(parsed, None if known == "unknown" else known or (message.metadata or {}).get("country_hint"))
        return parsed

    def understand(self, text: str, context: Optional[State] = None, hints: Optional[Dict[str, Any]] = None) -> Understanding:
        """What a text means, alone or in the light of a session.

        Args:
            text: what a person wrote.
            context: state of the session, as a `Turn` gave it.
            hints: `locale_hint` and `country_hint` of the channel.
        """
        return understanding_from(self.parsed(text, context, hints))

    def parsed(self, text: str, context: Optional[State] = None, hints: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """What the components find in a text, as Rasa passes it on; arguments as of `understand`."""
        processor, domain = self._agent.processor, self._agent.domain
        assert processor is not None and domain is not None
        tracker = tracker_of(context, _SENDER, domain) or DialogueStateTracker.from_events(_SENDER, [], domain.slots)
        message = UserMessage(_harmless(text), Outbox(), _SENDER, metadata=hints or {})
        return self._loop.run_until_complete(processor.parse_message(message, tracker))

    def reply(self, text: str, state: Optional[State], hints: Optional[Dict[str, Any]] = None, *, payload: bool = False) -> Turn:
        """Answers one message.

        Args:
            text: what a person wrote, or an intent that the service itself issued as a choice.
            state: of the session; None starts one.
            hints: `locale_hint` and `country_hint` of the channel.
            payload: `text` is such an intent, not a person's words.
        Raises:
            TurnFailed: no action had anything to say.
        """
        if not payload and (typed := typed_choice(text, state)):
            text, payload = typed, True
        if payload:
            return self.answer(_parsed_payload(text, (hints or {}) if state is None else {}), state, hints)
        outbox = Outbox()
        message = UserMessage(_harmless(text), outbox, _SENDER, input_channel=Outbox.name(), metadata=hints or {})
        return self._loop.run_until_complete(self._reply(message, outbox, state))

    def answer(self, parsed: Dict[str, Any], state: Optional[State], hints: Optional[Dict[str, Any]] = None) -> Turn:
        """Answers what was understood already, or was never a text: no component has to look at it.

        Args:
            parsed: as Rasa's components would have parsed it.
            state, hints: as of `reply`.
        Raises:
            TurnFailed: no action had anything to say.
        """
        outbox = Outbox()
        message = UserMessage("", outbox, _SENDER, input_channel=Outbox.name(), metadata=hints or {})
        message.parse_data = parsed
        return self._loop.run_until_complete(self._reply(message, outbox, state))

    def look_up(
        self,
        query: Optional[str],
        topic: Optional[str],
        locale: str,
        desk_locale: str,
        country: Optional[str] = None,
        place: Optional[str] = None,
    ) -> Found:
        """Looks something up for an advocate; see `bot.dialogue.lookup.look_up`."""
        return look_up(self, query, topic, locale, desk_locale, country, place)

    def worded(self, response: str, locale: str) -> str:
        """A response of the domain in a locale; one without placeholders."""
        return self._loop.run_until_complete(self._worded(response, locale))

    async def _reply(self, message: UserMessage, outbox: Outbox, state: Optional[State]) -> Turn:
        self._store.begin(state)
        try:
            await self._agent.handle_message(message)
        finally:
            new_state, about = self._store.finish()
        blocks = [entry for entry in outbox.entries if not entry.get("option")]
        if not blocks:
            raise TurnFailed("No action answered the message. The last wall answers; if this lasts, run `helpline check`.")
        return await self._framed(outbox.entries, blocks, not (state or {}).get("introduced"), new_state, about)

    async def _framed(
        self, entries: List[Dict[Text, Any]], blocks: List[Dict[Text, Any]], first: bool, state: State, about: AboutTurn
    ) -> Turn:
        """Puts around the actions' blocks what belongs to every reply: introduction, soft danger line, the way to a person."""
        locale = about.locale or DEFAULT
        understood = understanding_from(about.parsed) if "understanding" in about.parsed else None
        urgent = next((entry["urgent"] for entry in blocks if entry.get("urgent")), None)
        bare = any(entry.get("bare") for entry in blocks)
        said = _joined(blocks)
        if not urgent and not bare:
            soft = understood.urgency if understood else None
            if understood and soft:
                kinds = [soft, understood.also] if understood.also else [soft]
                countries = about.parsed["understanding"].get(NUMBERS_OF) or [about.country]
                lines = [await self._soft_line(kind, locale, *countries) for kind in kinds]
                said[:0] = [Block(line) for line in dict.fromkeys(lines)]  # where no crisis line is known, both are the same
                urgent = soft
            elif first:
                said.insert(0, Block(await self._worded("utter_introduction", locale)))
                state["introduced"] = True
                if not any(entry.get("ended") for entry in blocks):
                    # A question stands right before the choices that answer it.
                    asks = len(said) > 1 and said[-1].text.endswith((":", "：", "?", "؟", "？"))
                    said.insert(-1 if asks else len(said), Block(await self._worded("utter_exit_word", locale), optional=True))
        if not first:
            state["introduced"] = True
        options = [(entry["text"], entry["option"]) for entry in entries if entry.get("option")]
        if understood and not bare and not any(entry.get("ended") for entry in blocks):
            options = await self._with_other_meanings(options, understood, locale)
        return Turn(
            tuple(said),
            bare=bare,
            options=tuple(options),
            locale=locale,
            urgent=urgent,
            state=state,
            ended=any(entry.get("ended") for entry in blocks),
            offers_person=any(entry.get("person") for entry in blocks),
            about=_for_advocate(about),
            understanding=understood,
        )

    async def _with_other_meanings(self, options: List[tuple[str, str]], understood: Understanding, locale: str) -> List[tuple[str, str]]:
        """The choices, with what else the message may have been about behind "more", and the other language it may have been in."""
        if understood.acted:
            known = {payload for _, payload in options}
            topics = [topic for topic in understood.offered if f"/{topic}" not in known]
            place = 1 if options and options[0][1] == "/more" else 0
            options[place:place] = [(await self._worded(f"utter_topic_{topic}", locale), f"/{topic}") for topic in topics]
        if understood.other_locale:
            title = await self._worded("utter_language_name", understood.other_locale, language=locale_of(understood.other_locale).name)
            options.append((title, f'/choose_locale{{"locale": "{understood.other_locale}"}}'))
        return options

    async def _soft_line(self, kind: str, locale: str, country: Optional[str], *others: str) -> str:
        """The soft words for a kind of urgency with the number of a country, and behind it those of other countries that were named."""
        numbers = numbers_of(country)
        if kind == "self_harm" and numbers.crisis_phone:
            role, said = "crisis_phone", await self._worded("utter_soft_self_harm", locale, crisis={"number": numbers.crisis_phone})
        elif number := numbers.medical if kind == "life" else numbers.danger:
            role = "medical" if kind == "life" else "danger"
            said = await self._worded("utter_soft_danger", locale, danger={"number": number})
        else:
            role, said = "danger", await self._worded("utter_soft_danger_anywhere", locale)
        elsewhere = [
            await self._worded("utter_service_phone", locale, label={"country": other}, phone={"number": number})
            for other, number in numbers_elsewhere(role, country, others)
        ]
        return " ".join([said, *elsewhere])

    async def _worded(self, response: str, locale: str, **values: Any) -> str:
        tracker = DialogueStateTracker.from_events(_SENDER, [])
        worded = await self._wording.generate(response, tracker, Outbox.name(), locale=locale, **values)
        assert worded is not None, response
        return str(worded["text"])


def _for_advocate(about: AboutTurn) -> Dict[Text, Text]:
    """What an advocate may be told of the session, if the person agrees; see `Turn.about`."""
    country = None if about.country == "unknown" else about.country
    place = place_of(about.place) if about.place and not is_shared(about.place) and not is_away(about.place) else None
    town = None
    if place and place.latitude is not None and place.longitude is not None:
        town = gazetteer().nearest(place.latitude, place.longitude).name
    return {name: value for name, value in (("topic", about.topic), ("country", country), ("place", town)) if value}


def _joined(entries: List[Dict[Text, Any]]) -> List[Block]:
    """The blocks that an action said; what belongs to the one before stands behind it."""
    said: List[Block] = []
    for entry in entries:
        if entry.get("joined") and said:
            said[-1] = Block(f"{said[-1].text} {entry['text']}", said[-1].optional)
        else:
            said.append(Block(entry["text"], bool(entry.get("optional"))))
    return said


def _parsed_payload(payload: str, hints: Dict[str, Any]) -> Dict[str, Any]:
    """An intent of our own, such as `/choose_locale{"locale": "es"}`, as Rasa's components would have parsed it.

    Args:
        payload: the intent.
        hints: of the channel, where the session begins with this: whoever presses /start has written nothing to go by.
    """
    name, brace, values = payload.lstrip("/").partition("{")
    known = {slot: hints[f"{slot}_hint"] for slot in ("locale", "country") if hints.get(f"{slot}_hint")}
    entities = [{"entity": entity, "value": value} for entity, value in {**known, **json.loads(brace + values or "{}")}.items()]
    return {"text": "", "intent": {"name": name, "confidence": 1.0}, "entities": entities}


def _harmless(text: str) -> str:
    """A person's words, so that Rasa cannot take them for one of its commands ("/restart", "/intent{...}")."""
    return _COMMAND_SIGN.sub("", text) or ("?" if text else "")
