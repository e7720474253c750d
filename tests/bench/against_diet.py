"""The helpline's understanding against Rasa's DIETClassifier, in one run on one machine: what either learns from the same 5,000 texts.

    .venv/bin/python tests/bench/against_diet.py

Stock Rasa lives in .bench/stock-env, which `make bench` fills. It gets the pipeline that `rasa init` writes; the helpline gets its own.
Both are trained on the same texts and asked for the likeliest topic of the development texts, on which neither was trained. Printed
are ratios; seconds and megabytes belong to the machine.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml
from sklearn.metrics import accuracy_score, f1_score

from bot.evaluation import Labelled, read_labelled
from bot.knowledge.files import read_yaml

ROOT = Path(__file__).resolve().parents[2]
STOCK = ROOT / ".bench" / "stock-env" / "bin" / "python"
TEXTS = 5_000
# What `rasa init` of Rasa 3.6 writes, without the parts that do not tell topics apart.
STOCK_CONFIG = """
recipe: default.v1
assistant_id: stock
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: 100
  constrain_similarities: true
  entity_recognition: false
"""
# Runs in either environment: the likeliest topic of each text, and the seconds for all.
ASK = """
import asyncio, json, sys, time
from rasa.core.agent import Agent
agent = Agent.load(sys.argv[1])
texts = json.load(open(sys.argv[2]))
async def ask():
    await agent.parse_message(texts[0])
    began = time.perf_counter()
    parsed = [await agent.parse_message(text) for text in texts]
    return time.perf_counter() - began, parsed
seconds, parsed = asyncio.run(ask())
json.dump({"seconds": seconds, "topics": [one["intent_ranking"][0]["name"] for one in parsed]}, open(sys.argv[3], "w"))
"""
ASK_OURS = f"from bot.dialogue import slim_rasa\nslim_rasa.install()\n{ASK}"


@dataclass(frozen=True)
class Figures:
    """What one of the two did: seconds of training, peak of memory in megabytes, milliseconds a text, shares right."""

    training: float
    memory: float
    milliseconds: float
    accuracy: float
    macro_f1: float


def sample() -> list[dict[str, Any]]:
    """Blocks of a Rasa NLU file with 5,000 of the training texts, the same in every run, shared out evenly over locales and topics."""
    texts: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "nlu").rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            texts.setdefault(json.dumps({**block, "examples": ""}, sort_keys=True), []).extend(block["examples"].splitlines())
    chance = random.Random(0)
    for lines in texts.values():
        chance.shuffle(lines)
    share = 1
    while sum(min(share, len(lines)) for lines in texts.values()) < TEXTS:
        share += 1
    return [{**json.loads(block), "examples": "\n".join(lines[:share]) + "\n"} for block, lines in texts.items()]


def run(command: Sequence[str]) -> tuple[float, float]:
    """Runs a command; its seconds, and the most memory that its processes had together, in megabytes."""
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    began, peak = time.monotonic(), 0.0
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                peak = max(peak, sum(one.memory_full_info().pss for one in family) / 1e6)
            except psutil.Error:
                pass
            time.sleep(0.5)
    if process.returncode:
        raise SystemExit(f"This failed: {' '.join(command)}. Run it by hand to see why.")
    return time.monotonic() - began, peak


def measure(python: Path, train: Sequence[str], ask: str, tests: Sequence[Labelled], folder: Path) -> Figures:
    """Trains, asks, and counts."""
    texts, answers, script = folder / "texts.json", folder / "answers.json", folder / "ask.py"
    texts.write_text(json.dumps([labelled.text for labelled in tests]), encoding="utf-8")
    script.write_text(ask, encoding="utf-8")
    training, memory = run([str(python), *train, "--out", str(folder), "--fixed-model-name", "model"])
    run([str(python), str(script), str(folder / "model.tar.gz"), str(texts), str(answers)])
    answer = json.loads(answers.read_text(encoding="utf-8"))
    right = [labelled.intent for labelled in tests]
    return Figures(
        training,
        memory,
        answer["seconds"] * 1000 / len(tests),
        float(accuracy_score(right, answer["topics"])),
        float(f1_score(right, answer["topics"], average="macro")),
    )


def main() -> None:
    """Trains and asks both, and prints the table."""
    if not STOCK.exists():
        raise SystemExit("There is no stock Rasa to compare with. Run `make bench` once: it installs it.")
    tests = [labelled for path in sorted((ROOT / "tests" / "nlu" / "development").glob("*.yml")) for labelled in read_labelled(path)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nlu, config = folder / "nlu.yml", folder / "stock.yml"
        nlu.write_text(yaml.safe_dump({"version": "3.1", "nlu": sample()}, allow_unicode=True), encoding="utf-8")
        config.write_text(STOCK_CONFIG, encoding="utf-8")
        (folder / "stock").mkdir()
        (folder / "ours").mkdir()
        ours = measure(
            Path(sys.executable), ["-m", "bot.dialogue.rasa_command", "train", "nlu", "--nlu", str(nlu)], ASK_OURS, tests, folder / "ours"
        )
        stock = measure(STOCK, ["-m", "rasa", "train", "nlu", "--nlu", str(nlu), "--config", str(config)], ASK, tests, folder / "stock")
    print(f"trained on {TEXTS:,} texts, asked {len(tests):,} development texts of twelve locales")
    print(f"{'':28}{'DIET':>10}{'helpline':>10}{'ratio':>8}")
    for label, attribute, digits in (
        ("training, s", "training", 1),
        ("training, peak MB", "memory", 0),
        ("a text, ms", "milliseconds", 1),
        ("accuracy", "accuracy", 3),
        ("macro-F1", "macro_f1", 3),
    ):
        theirs, mine = getattr(stock, attribute), getattr(ours, attribute)
        print(f"{label:28}{theirs:10.{digits}f}{mine:10.{digits}f}{mine / theirs:8.2f}")


if __name__ == "__main__":
    main()
