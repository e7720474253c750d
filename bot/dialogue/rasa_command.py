"""Rasa's own command line, on this project's paths: `helpline rasa train`, `data validate`, `test nlu`, `test core` and kin."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

from bot.dialogue import slim_rasa
from bot.paths import DATA, MODELS, RASA_CONFIG, RASA_DOMAIN, RASA_ENDPOINTS, RASA_TRAINING_DATA, ROOT

# Options that a command gets unless it is given them. `+` takes several values.
_DATA = [str(path) for path in RASA_TRAINING_DATA]
_PROJECT = {"--config": [str(RASA_CONFIG)], "--domain": [str(RASA_DOMAIN)]}
_TRAINING = {**_PROJECT, "--data": _DATA}
DEFAULTS: dict[tuple[str, ...], dict[str, list[str]]] = {
    ("train", "nlu"): {
        "--config": [str(RASA_CONFIG)],
        "--domain": [str(RASA_DOMAIN)],
        "--nlu": [str(DATA / "nlu")],
        "--out": [str(MODELS)],
    },
    ("train", "core"): {**_PROJECT, "--stories": [str(DATA / "rules"), str(DATA / "stories")], "--out": [str(MODELS)]},
    ("train",): {**_TRAINING, "--out": [str(MODELS)]},
    ("data", "validate"): _TRAINING,
    ("data", "split"): {"--nlu": [str(DATA / "nlu")]},
    ("test", "nlu"): {"--model": [str(MODELS)], "--nlu": [str(ROOT / "tests" / "nlu" / "development")], **_PROJECT},
    ("test", "core"): {
        "--model": [str(MODELS)],
        "--stories": [str(ROOT / "tests" / "conversations")],
        "--endpoints": [str(RASA_ENDPOINTS)],
    },
    ("test",): {
        "--model": [str(MODELS)],
        "--stories": [str(ROOT / "tests" / "conversations")],
        "--endpoints": [str(RASA_ENDPOINTS)],
        **_PROJECT,
    },
    ("visualize",): {**_PROJECT, "--stories": [str(DATA / "stories")]},
}
_SHORT = {"-c": "--config", "-d": "--domain", "-m": "--model", "-s": "--stories", "-u": "--nlu"}
INSTEAD = {
    "shell": "helpline chat",
    "run": "helpline (serves SMS, Telegram and the trial phones; actions run inside it)",
    "interactive": "helpline chat",
    "x": "helpline",
    "init": "the project that is already here",
    "export": "nothing: no conversation is kept that could be exported",
}


def with_defaults(arguments: list[str]) -> list[str]:
    """A Rasa command with the project's paths put in where it names none.

    Args:
        arguments: what stands behind `helpline rasa`.
    """
    given = {_SHORT.get(argument.split("=")[0], argument.split("=")[0]) for argument in arguments if argument.startswith("-")}
    for words in sorted(DEFAULTS, key=len, reverse=True):
        if tuple(arguments[: len(words)]) == words:
            added = [part for option, values in DEFAULTS[words].items() if option not in given for part in (option, *values)]
            return [*arguments, *added]
    return arguments


def _trust_training_files() -> None:
    """Reads NLU files once, with the fast parser. Rasa holds each against a schema, even where validation is to be skipped, reads all of
    them twice over, and does it with a parser written in Python."""
    from functools import lru_cache

    import rasa.shared.importers.utils
    import rasa.shared.utils.io
    import yaml
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    read_any = rasa.shared.utils.io.read_yaml

    def read(content: str, reader_type: str | list[str] = "safe") -> Any:
        is_nlu = content.startswith('version: "3.1"\nnlu:\n')
        return yaml.load(content, Loader=yaml.CSafeLoader) if is_nlu else read_any(content, reader_type)

    RasaYAMLReader.validate = lambda self, string: None
    rasa.shared.utils.io.read_yaml = read
    read_once = lru_cache(rasa.shared.importers.utils.training_data_from_paths)  # who gets them changes nothing
    rasa.shared.importers.utils.training_data_from_paths = lambda paths, language: read_once(tuple(paths), language)


def _handle_examples_lightly() -> None:
    """Tells training examples apart by what their file says of them, and never copies them.

    Rasa hashes and copies all examples some ten times on their way, with everything that each component has put on them, to
    know next time what need not be done again. A training that is forced never asks."""
    from hashlib import md5

    from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
    from rasa.shared.nlu.training_data.message import Message

    of_everything = Message.fingerprint

    def fingerprint(message: Message) -> str:
        if message.get(TEXT) is None:  # of a story
            return str(of_everything(message))
        known: str | None = message.__dict__.get("fingerprint_of_file")
        if known is None:
            said = (message.get(TEXT), message.get(INTENT), message.get("metadata"), message.get(ENTITIES))
            known = md5(repr(said).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
            message.__dict__["fingerprint_of_file"] = known
        return known

    Message.fingerprint = fingerprint
    Message.__deepcopy__ = lambda message, memo: message


def main(arguments: list[str]) -> int:
    """Runs Rasa's command line in this process.

    Returns:
        The exit status.
    """
    if arguments and arguments[0] in INSTEAD:
        print(f"`rasa {arguments[0]}` needs parts of Rasa that are not installed here. Use {INSTEAD[arguments[0]]}.", file=sys.stderr)
        return 2
    testing = arguments[:1] == ["test"]
    if testing and importlib.util.find_spec("matplotlib") is None:
        print(
            "`rasa test` draws diagrams with packages that the service does not need. Install them with `tools/install dev`.",
            file=sys.stderr,
        )
        return 2
    slim_rasa.install(diagrams=testing)
    # Rasa writes a settings file with a random id into the home directory, matplotlib a cache: they get one of their own.
    os.environ["HOME"] = str(MODELS)
    from rasa.__main__ import main as rasa_main

    if arguments[:1] == ["train"] and {"--skip-validation", "--force"} <= set(arguments):  # as `helpline train` calls it
        _trust_training_files()
        _handle_examples_lightly()
    sys.argv = ["rasa", *with_defaults(arguments)]
    try:
        rasa_main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
