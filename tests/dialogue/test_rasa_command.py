"""Rasa's own command line still runs on this project, finds its files by itself, and leaves nothing lying about."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue.rasa_command import INSTEAD, with_defaults
from bot.dialogue.training import trained_model
from bot.paths import DATA, MODELS, RASA_CONFIG, RASA_DOMAIN, RASA_ENDPOINTS, RASA_TRAINING_DATA, ROOT

CONFIG, DOMAIN, OUT = ["--config", str(RASA_CONFIG)], ["--domain", str(RASA_DOMAIN)], ["--out", str(MODELS)]
DATA_OPTION = ["--data", *(str(path) for path in RASA_TRAINING_DATA)]
# Folders that git ignores: the only ones that a command may write to.
IGNORED = ("results", "models", ".rasa")
# Intents that only the service itself sends have no training texts, and responses are named by actions, not by rules.
EXPECTED_WARNINGS = ("is listed in the domain file, but is not found in the NLU training data", "is not used in any story or rule")


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        (["train"], ["train", *CONFIG, *DOMAIN, *DATA_OPTION, *OUT]),
        (["train", "--force"], ["train", "--force", *CONFIG, *DOMAIN, *DATA_OPTION, *OUT]),
        (["train", "--out", "here"], ["train", "--out", "here", *CONFIG, *DOMAIN, *DATA_OPTION]),
        (["train", "--out=here"], ["train", "--out=here", *CONFIG, *DOMAIN, *DATA_OPTION]),
        (["train", "-c", "mine.yml"], ["train", "-c", "mine.yml", *DOMAIN, *DATA_OPTION, *OUT]),
        (["train", "nlu"], ["train", "nlu", *CONFIG, *DOMAIN, "--nlu", str(DATA / "nlu"), *OUT]),
        (["train", "core"], ["train", "core", *CONFIG, *DOMAIN, "--stories", str(DATA / "rules"), str(DATA / "stories"), *OUT]),
        (["data", "validate"], ["data", "validate", *CONFIG, *DOMAIN, *DATA_OPTION]),
        (["data", "validate", "-d", "mine"], ["data", "validate", "-d", "mine", *CONFIG, *DATA_OPTION]),
        (["data", "convert"], ["data", "convert"]),
        (
            ["test", "nlu", "-u", "mine.yml"],
            ["test", "nlu", "-u", "mine.yml", "--model", str(MODELS), *CONFIG, *DOMAIN],
        ),
        (
            ["test", "core", "-m", "mine.tar.gz"],
            ["test", "core", "-m", "mine.tar.gz", "--stories", str(ROOT / "tests" / "conversations"), "--endpoints", str(RASA_ENDPOINTS)],
        ),
        (["--version"], ["--version"]),
        ([], []),
    ],
    ids=" ".join,
)
def test_paths_of_the_project_stand_in_where_none_are_given(given: list[str], handed_on: list[str]) -> None:
    assert with_defaults(given) == handed_on


@dataclass
class Project:
    """A copy of this project with few training texts, in which the commands run; so whatever they write can be seen.

    Attributes:
        root: of the copy.
        home: what stands for the home directory.
    """

    root: Path
    home: Path
    before: set[Path] = field(default_factory=set)

    def files(self) -> set[Path]:
        """Everything in the copy, relative to it."""
        return {path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file()}

    def rasa(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `helpline rasa ...` in the copy."""
        environment = {**os.environ, "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "bot.cli", "rasa", *arguments]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=120)


def _few_texts(folder: Path) -> None:
    """Two texts of every topic in English and of three in the other locales take the place of all training texts: reading them is
    what takes Rasa's commands most of their time."""
    kept: dict[tuple[str, str, str], dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.yml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            about = block["metadata"]
            if about["locale"] == "en" or block["intent"] in ("greet", "rights_pay", "danger_now"):
                block["examples"] = "".join(line + "\n" for line in block["examples"].splitlines()[:2])
                kept.setdefault((about["locale"], block["intent"], about.get("urgency", "")), block)
        path.unlink()
    few = {"version": "3.1", "nlu": list(kept.values())}
    (folder / "few.yml").write_text(yaml.safe_dump(few, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The copy; when all is done, the commands must have written to the ignored folders only, and nothing into the home directory."""
    root, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    for part in ("bot", "actions", "data", "locales", "tests/conversations"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", root)
    _few_texts(root / "data" / "nlu")
    (root / "models").mkdir()
    shutil.copy(trained_model(), root / "models")
    copy = Project(root, home)
    copy.before = copy.files()
    yield copy
    assert {path.parts[0] for path in copy.files() - copy.before} <= set(IGNORED)
    assert list(home.iterdir()) == []


def test_help_names_rasas_commands(project: Project) -> None:
    shown = project.rasa("--help")
    assert shown.returncode == 0, shown.stderr
    assert {"train", "test", "data", "visualize"} <= set(shown.stdout.replace(",", " ").split())


@pytest.mark.parametrize("command", INSTEAD)
def test_what_cannot_run_here_says_what_to_use_instead(command: str, project: Project) -> None:
    refused = project.rasa(command)
    assert refused.returncode == 2
    assert refused.stderr == f"`rasa {command}` needs parts of Rasa that are not installed here. Use {INSTEAD[command]}.\n"


def test_the_data_are_valid_and_raise_only_the_warnings_that_are_meant(project: Project) -> None:
    validated = project.rasa("data", "validate", "--fail-on-warnings")
    assert validated.returncode == 0, validated.stdout + validated.stderr
    said = [line for line in (validated.stdout + validated.stderr).splitlines() if "rasa/shared/utils/io.py" in line]
    assert said, "Rasa warns of nothing any more: take the exception out of this test"
    assert [line for line in said if not any(expected in line for expected in EXPECTED_WARNINGS)] == []


def test_broken_data_are_not_valid(project: Project, tmp_path: Path) -> None:
    rules = 'version: "3.1"\nrules:\n- rule: greet\n  steps:\n  - intent: greet\n  - action: action_that_nobody_wrote\n'
    (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
    assert project.rasa("data", "validate", "--data", str(tmp_path)).returncode == 1


def test_a_model_is_trained(project: Project, tmp_path: Path) -> None:
    trained = project.rasa("train", "--force", "--skip-validation", "--fixed-model-name", "small", "--out", str(tmp_path))
    assert trained.returncode == 0, trained.stdout[-2000:] + trained.stderr[-2000:]
    assert (tmp_path / "small.tar.gz").stat().st_size > 100_000


def test_understanding_is_judged_by_test_nlu(project: Project, tmp_path: Path) -> None:
    texts = tmp_path / "en.yml"
    texts.write_text(
        'version: "3.1"\nnlu:\n- intent: rights_pay\n  examples: |\n    - my boss has not paid me\n    - no me pagan\n'
        "- intent: greet\n  examples: |\n    - hello\n- intent: find_work\n  examples: |\n    - he has a knife\n",
        encoding="utf-8",
    )
    judged = project.rasa("test", "nlu", "--no-plot", "--nlu", str(texts))
    assert judged.returncode == 0, judged.stdout[-2000:] + judged.stderr[-2000:]
    report = json.loads((project.root / "results" / "intent_report.json").read_text(encoding="utf-8"))
    assert report["rights_pay"]["recall"] == 1.0
    assert report["find_work"]["recall"] == 0.0, "a wrong label must show"


def test_ways_through_a_conversation_are_judged_by_test_core(project: Project) -> None:
    ways = project.root / "tests" / "conversations"
    stories = yaml.safe_load((ways / "test_ways.yml").read_text(encoding="utf-8"))["stories"]
    wrong = 'version: "3.1"\nstories:\n- story: wrong\n  steps:\n  - intent: danger_now\n  - action: utter_goodbye\n'
    (ways / "test_wrong.yml").write_text(wrong, encoding="utf-8")
    judged = project.rasa("test", "core", "--no-plot")
    (ways / "test_wrong.yml").unlink()
    assert judged.returncode == 0, judged.stdout[-2000:] + judged.stderr[-2000:]
    report = json.loads((project.root / "results" / "story_report.json").read_text(encoding="utf-8"))
    assert report["conversation_accuracy"]["correct"] == len(stories)
    assert report["conversation_accuracy"]["total"] == len(stories) + 1
    failed = (project.root / "results" / "failed_test_stories.yml").read_text(encoding="utf-8")
    assert "story: wrong" in failed
