"""Extractors for Babel: the sentences of Rasa's domain, of the answers and of the directory's words.

Registered in pyproject.toml under `babel.extractors`; `make messages` runs `pybabel extract` and `update` with babel.cfg.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from typing import IO, Any

import yaml

Found = tuple[int, str, tuple[str, str], list[str]]


def _pairs(node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _comments_before(lines: list[str], number: int) -> list[str]:
    """The comment lines right above line `number` (counted from 1): notes for translators."""
    found: list[str] = []
    while number >= 2 and (line := lines[number - 2].strip()).startswith("#"):
        found.insert(0, line.lstrip("# "))
        number -= 1
    return found


def _root(fileobj: IO[bytes]) -> tuple[yaml.Node, list[str]]:
    text = fileobj.read().decode("utf-8")
    return yaml.compose(text, Loader=yaml.SafeLoader) or yaml.MappingNode("", []), text.splitlines()


def extract_domain(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Generator[Found, None, None]:
    """Texts of the responses of a Rasa domain; the context is the response's name."""
    root, lines = _root(fileobj)
    for section, responses in _pairs(root):
        if section != "responses":
            continue
        for key, variants in responses.value:
            comments = _comments_before(lines, key.start_mark.line + 1)
            for variant in variants.value:
                for name, value in _pairs(variant):
                    if name == "text":
                        yield value.start_mark.line + 1, "pgettext", (key.value, value.value), comments


def extract_answers(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Generator[Found, None, None]:
    """Sentences of an answers file; the context is the answer's id and version, so that a new version needs a new translation."""
    root, _ = _root(fileobj)
    for section, entries in _pairs(root):
        if section != "answers":
            continue
        for entry in entries.value:
            fields = dict(_pairs(entry))
            context = f"{fields['id'].value}:{fields['version'].value}"
            for name in ("text", "simple", "sought"):
                if name in fields:
                    yield fields[name].start_mark.line + 1, "pgettext", (context, fields[name].value.strip()), []
            for page in fields["more"].value:
                yield page.start_mark.line + 1, "pgettext", (context, page.value.strip()), []


def extract_words(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Generator[Found, None, None]:
    """Words for the codes of the directory; the context is the name of their section, such as ``label``."""
    root, _ = _root(fileobj)
    for section, words in _pairs(root):
        for _, value in _pairs(words):
            yield value.start_mark.line + 1, "pgettext", (section, value.value), []
