"""Trains the Rasa model when none fits the training data, and tells how long that takes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tqdm import tqdm

from bot.errors import ModelError
from bot.nlu.experts import letter_pieces
from bot.paths import DATA, LOCALES, MODELS, RASA_CONFIG, RASA_DOMAIN, RASA_TRAINING_DATA, ROOT

# What decides how a model turns out: data, recipe, domain, our components, the list of locales, the packages.
_INPUTS = (
    *RASA_TRAINING_DATA,
    DATA / "encoder",
    RASA_CONFIG,
    RASA_DOMAIN,
    ROOT / "bot" / "nlu",
    LOCALES / "locales.yml",
    ROOT / "requirements.txt",
)
# Seconds of each step on two ordinary cores: what it costs in any case, and for 1,000 training texts; measured.
_STEPS = {
    "start": (6.0, 0.04),
    "LetterFeaturizer": (0.5, 0.12),
    "LocaleDetector": (0.5, 0.12),
    "TopicClassifier": (2.0, 0.69),
    "end": (4.0, 0.0),
}
_YARDSTICK = 0.018  # seconds that the work of `_slowness` took on that machine
_STARTING = re.compile(r"Starting to train component '(\w+)'")
_FINISHED = re.compile(r"Finished training component '(\w+)'")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".yml", ".py", ".npz", ".tsv") and file.parent.name != "glosses")


def fingerprint() -> str:
    """Twelve hex digits over everything that a model is made of."""
    digest = hashlib.sha256()
    for file in (file for path in _INPUTS for file in _files(path)):
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def fitting_model() -> Path:
    """Where the model for the present data lies, whether or not it is there."""
    return MODELS / f"helpline-{fingerprint()}.tar.gz"


def trained_model() -> Path:
    """The model for the present data.

    Raises:
        ModelError: it has not been trained.
    """
    model = fitting_model()
    if not model.exists():
        raise ModelError("There is no model for the present training data. Train one with `helpline train`.")
    return model


def _training_texts() -> int:
    return sum(file.read_text(encoding="utf-8").count("\n    - ") for file in _files(RASA_TRAINING_DATA[0]))


def _slowness() -> float:
    """How many times longer than on the machine that `_STEPS` was measured on things take here and now; a tenth of a second. The best of
    a few tries counts: what else runs for a moment says nothing of the minutes to come."""
    tries = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(400):
            list(letter_pieces("somebody took my passport and says that i owe money for the journey"))
        tries.append(time.perf_counter() - began)
    return min(tries) / _YARDSTICK


def _seconds() -> dict[str, float]:
    thousands, slowness = _training_texts() / 1000, _slowness()
    return {step: (fixed + each * thousands) * slowness for step, (fixed, each) in _STEPS.items()}


def train(*, quiet: bool = False) -> Path:
    """Trains a model and puts it where `fitting_model` says; older ones are removed.

    Args:
        quiet: show no progress bar.
    Returns:
        The model's path.
    Raises:
        ModelError: Rasa could not train; says what it printed last.
    """
    model, steps = fitting_model(), _seconds()
    MODELS.mkdir(exist_ok=True)
    print(f"Training the model on {_training_texts():,} texts: about {round(sum(steps.values()))} s.", file=sys.stderr)
    # The tests validate the data; a start need not wait for that again.
    command = [
        sys.executable,
        "-m",
        "bot.dialogue.rasa_command",
        "train",
        "--force",
        "--skip-validation",
        "--fixed-model-name",
        f".{model.stem.removesuffix('.tar')}",
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    last: list[str] = []
    with (
        subprocess.Popen(  # noqa: S603 - our own command, fixed words
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment
        ) as process,
        tqdm(total=round(sum(steps.values())), disable=quiet, unit="s", bar_format="{l_bar}{bar}| {elapsed}") as bar,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            last = [*last[-15:], line.strip()]
            if _STARTING.search(line) and bar.n < steps["start"]:
                bar.update(steps["start"])
            if (done := _FINISHED.search(line)) and done[1] in steps:
                bar.update(steps[done[1]])
        bar.update(max(0.0, (bar.total or 0) - bar.n))
    partial = MODELS / f".{model.name}"
    if process.returncode or not partial.exists():
        raise ModelError("Rasa could not train the model:\n" + "\n".join(last) + "\nMend what it names, then run `helpline train`.")
    for old in MODELS.glob("helpline-*.tar.gz"):
        old.unlink()
    partial.replace(model)
    return model


def ensure_model(*, quiet: bool = False) -> Path:
    """The fitting model, trained first where there is none."""
    model = fitting_model()
    return model if model.exists() else train(quiet=quiet)
