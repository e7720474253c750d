"""The `helpline` command: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot import cli
from bot.cli import main
from bot.dialogue import engine as engine_module
from bot.dialogue.engine import Engine
from bot.errors import ModelError
from bot.knowledge.answers import answers
from bot.knowledge.emergency import emergency_table
from bot.paths import ROOT
from bot.settings import KNOWN

from .running import REAL_SMS, environment, helpline
from .test_evaluation import SCHEMA

DEVELOPMENT = ROOT / "tests" / "nlu" / "development"
HOTLINE = {country: emergency_table()[country].hotline.phone for country in ("US", "GB")}  # type: ignore[union-attr]


@pytest.fixture(autouse=True)
def _one_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that these tests share, instead of one loaded for each; and no settings from outside."""
    monkeypatch.setattr(cli, "_engine", lambda: engine)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status and both outputs."""
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, *capsys.readouterr()


def one_sentence(error: str) -> bool:
    """Whether that is what an error should be: one line, and no traceback."""
    return error.startswith("helpline: ") and error.count("\n") == 1 and error.endswith(".\n")


# ask


def test_ask_prints_the_reply_as_the_phone_would_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", "my boss took my passport", "--country", "US")
    assert (status, err) == (0, "")
    assert answers()["US", "rights_documents"].text in out
    assert out.rstrip().splitlines()[-1].startswith("0 ")


@pytest.mark.parametrize(("country", "number"), (("US", "911"), ("GB", "999"), ("gb", "999"), (None, "112")))
def test_ask_takes_the_country_of_the_phone(capsys: pytest.CaptureFixture[str], country: str | None, number: str) -> None:
    status, out, _ = run(capsys, "ask", "he is going to kill me", *(("--country", country) if country else ()))
    assert status == 0
    assert number in out.splitlines()[0]


def _asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status, out, err = run(capsys, "ask", *arguments, "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize(
    ("text", "topic", "locale", "urgency"),
    (
        ("my employer has not paid me for two months", "rights_pay", "en", None),
        ("mi jefe no me paga desde hace dos meses", "rights_pay", "es", None),
        ("mon patron a pris mon passeport", "rights_documents", "fr", None),
        ("صاحب العمل أخذ جواز سفري", "rights_documents", "ar", None),
        ("he is going to kill me", "danger_now", "en", "danger"),
        ("quiero morirme", "self_harm", "es", "self_harm"),
        ("she took too many pills and does not wake up", "needs_medical_care", "en", "life"),
        ("HELP ME PLEASE", "what_can_you_do", "en", "cry"),
    ),
)
def test_ask_json_says_what_was_understood(
    capsys: pytest.CaptureFixture[str], text: str, topic: str, locale: str, urgency: str | None
) -> None:
    found = _asked(capsys, text, "--country", "US")
    assert set(found) == {"topic", "confidence", "locale", "urgency", "replies", "understanding"}
    assert (found["topic"], found["locale"], found["urgency"]) == (topic, locale, urgency)
    assert 0 < found["confidence"] <= 1
    assert len(found["replies"]) == 1 and found["replies"][0]
    assert found["understanding"]["topic"] == topic


@pytest.mark.parametrize(("text", "said"), (("weather", []), ("STOP", [])))
def test_ask_json_of_what_gets_silence_has_no_reply(capsys: pytest.CaptureFixture[str], text: str, said: list[str]) -> None:
    found = _asked(capsys, text)
    assert (found["replies"], found["topic"], found["urgency"]) == (said, None, None)


def test_ask_json_of_what_needs_no_model_has_a_reply_and_no_topic(capsys: pytest.CaptureFixture[str]) -> None:
    found = _asked(capsys, "😢", "--country", "MX")
    assert found["topic"] is None and found["locale"] == "es" and found["replies"]


def test_ask_answers_whatever_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("", " ", "x" * 1600, "😢" * 300, "/restart", "\x00\x1b", "0"):
        status, out, _ = run(capsys, "ask", text, "--country", "US")
        assert status == 0
        assert out.strip()


# evaluate


def test_evaluate_prints_a_table_and_writes_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for locale, text in (("en", "my boss took my passport"), ("es", "mi jefe no me paga")):
        topic = "rights_documents" if locale == "en" else "rights_pay"
        (tmp_path / f"{locale}.yml").write_text(f"nlu:\n- intent: {topic}\n  examples: |\n    - {text}\n", encoding="utf-8")
    out_file = tmp_path / "figures.json"
    status, out, err = run(capsys, "evaluate", str(tmp_path / "es.yml"), str(tmp_path / "en.yml"), "--json", str(out_file))
    assert (status, err) == (0, "")
    rows = out.splitlines()
    assert [row.split()[0] for row in rows] == ["locale", "en", "es"]
    figures = json.loads(out_file.read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(figures)
    assert {locale: figures[locale]["accuracy"] for locale in figures} == {"en": 1.0, "es": 1.0}


def test_evaluate_takes_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "x.yml").write_text("nlu:\n- intent: greet\n  examples: |\n    - bonjour\n", encoding="utf-8")
    status, out, _ = run(capsys, "evaluate", str(tmp_path))
    assert status == 0
    assert out.splitlines()[1].split()[:2] == ["fr", "1"]


def test_what_evaluate_cannot_do_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    good, broken, other = tmp_path / "en.yml", tmp_path / "fr.yml", tmp_path / "nlu.yml"
    good.write_text("nlu:\n- intent: greet\n  examples: |\n    - hello\n", encoding="utf-8")
    broken.write_text("nlu: [", encoding="utf-8")
    other.write_text(good.read_text(encoding="utf-8"), encoding="utf-8")
    for arguments in (
        [tmp_path / "empty"],
        [tmp_path / "missing" / "en.yml"],
        [broken],
        [other],
        [good, "--json", tmp_path / "missing" / "out.json"],
        [good, "--json", tmp_path],
    ):
        status, _, err = run(capsys, "evaluate", *map(str, arguments))
        assert status == 1, arguments
        assert one_sentence(err), err


# Misuse and errors


@pytest.mark.parametrize(
    "arguments",
    (
        ["fly"],
        ["ask"],
        ["ask", "hello", "--country", "USA"],
        ["ask", "hello", "--country", "1"],
        ["ask", "hello", "more"],
        ["evaluate"],
        ["check", "x"],
        ["--nonsense"],
        ["chat", "--country"],
    ),
    ids=" ".join,
)
def test_misuse_is_told_with_status_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("usage: helpline") and "error: " in err


def test_an_unknown_command_of_rasa_s_is_told_with_status_2() -> None:
    done = helpline("rasa", "shell")
    assert done.returncode == 2
    assert "helpline chat" in done.stderr and "Traceback" not in done.stderr


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for command in ("train", "chat", "ask", "evaluate", "check", "staff", "audit", "rasa"):
        assert re.search(rf"^ +{command}\b", out, re.M)


def test_an_error_is_one_sentence_on_the_error_output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Engine:
        raise ModelError("There is no model for the present training data. Train one with `helpline train`.")

    monkeypatch.setattr(cli, "_engine", fail)
    for arguments in (["ask", "he has my passport"], ["chat"], ["evaluate", str(DEVELOPMENT / "en.yml")]):
        status, out, err = run(capsys, *arguments)
        assert (status, out, err) == (
            1,
            "",
            "helpline: There is no model for the present training data. Train one with `helpline train`.\n",
        )


def test_ctrl_c_is_no_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> Engine:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_engine", interrupt)
    assert run(capsys, "ask", "hello") == (130, "", "")


# The command as it is installed


def test_ask_in_a_process_of_its_own_prints_nothing_but_json() -> None:
    done = helpline("ask", "mi jefe no me paga", "--country", "US", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["topic"] == "rights_pay"
    assert done.stderr == ""


def test_chat_answers_line_by_line_and_ends_with_the_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "chat", "--country", "GB"],
        input="my boss took my passport\n0\nweather\n",
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert answers()["GB", "rights_documents"].text in done.stdout
    assert HOTLINE["GB"] in done.stdout
    assert "[silence]" in done.stdout
    assert re.search(r"\[\d segments\]", done.stdout)


def test_check_says_what_it_found_and_ends_well() -> None:
    done = helpline("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) >= 7
    assert {line[:6] for line in lines} <= {"ok    ", "look  "}


def test_check_ends_badly_where_real_channels_would_not_start(
    capsys: pytest.CaptureFixture[str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "Engine", lambda model: engine)
    for name, value in {**REAL_SMS, "HELPLINE_UNVERIFIED_NUMBERS": "", "PORT": "many"}.items():
        monkeypatch.setenv(name, value)
    status, out, err = run(capsys, "check")
    assert (status, err) == (1, "")
    stops = [line for line in out.splitlines() if line.startswith("STOP  ")]
    assert len(stops) == 1 and "PORT" in stops[0]
