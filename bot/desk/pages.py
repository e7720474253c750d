"""The desk's pages: templates rendered in the advocate's language. Words of people are only ever text in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.desk.accounts import DESK_LOCALES
from bot.desk.live import Shown
from bot.desk.sentences import SCRIPT, said
from bot.desk.wording import channel_name, language_name, language_tag, number_of, own_name, topic, urgency
from bot.dialogue.catalogues import translate
from bot.locales import locale_of

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@lru_cache(maxsize=len(DESK_LOCALES))
def _words(locale: str) -> Mapping[str, Any]:
    """What every template may call, in a locale."""
    return {
        "lang": language_tag(locale),
        "direction": locale_of(locale).direction,
        "pgettext": partial(translate, locale),
        "language_name": partial(language_name, locale),
        "urgency": partial(urgency, locale),
        "topic": partial(topic, locale),
        "number_of": number_of,
        "own_name": own_name,
        "channel_name": channel_name,
        "language_tag": language_tag,
    }


def rendered(template: str, locale: str, **values: Any) -> str:
    """A page or a part of one.

    Args:
        template: name of its file.
        locale: one of `DESK_LOCALES`.
        values: that it shows.
    """
    return _ENVIRONMENT.get_template(template).render({**_words(locale), **values})


def script_sentences(locale: str) -> dict[str, str]:
    """What the page's script says."""
    return {name: said(locale, sentence) for name, sentence in SCRIPT.items()}


class BoardParts:
    """Rows of the board, rendered once for all desks of the same language that write the same languages.

    A row that has not changed is not rendered again, however often the board does. What is rendered is kept with what it shows.
    """

    def waiting(self, shown: Shown, locale: str, languages: tuple[str, ...], supervisor: bool) -> Markup:
        """Those that wait."""
        return self._part(shown, ("waiting", locale, languages, supervisor))

    def taken(self, shown: Shown, locale: str) -> Markup:
        """Those that an advocate has, for supervisors."""
        return self._part(shown, ("taken", locale, (), True))

    def _part(self, shown: Shown, kind: tuple[str, str, tuple[str, ...], bool]) -> Markup:
        if kind not in shown.rendered:
            macro, locale, languages, supervisor = kind
            template = _ENVIRONMENT.get_template("row.html").make_module({**_words(locale), "supervisor": supervisor})
            rows = []
            for entry in shown.waiting if macro == "waiting" else shown.taken:
                writes = entry.row.locale in languages
                key = (macro, locale, writes, supervisor)
                if key not in entry.rendered:
                    arguments = (entry, writes) if macro == "waiting" else (entry,)
                    entry.rendered[key] = getattr(template, macro)(*arguments)
                rows.append(entry.rendered[key])
            shown.rendered[kind] = Markup("").join(rows)
        return shown.rendered[kind]
