"""A service that is told to reload: what is good is said from then on, what is broken changes nothing, and nobody notices either."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from bot.dialogue.training import trained_model
from bot.editions import Editions, tell_open_cases
from bot.editions import running as running_services
from bot.knowledge.answers import answers

from .running import REAL_SMS, START_SECONDS, Running, copy_of_project, helpline, running, until
from .store.redis_server import redis_server

PAY = answers()["US", "rights_pay"]
QUESTION = "my employer has not paid me for two months"
LAST_WALL = "This line has a fault right now."
SPANISH = "locales/es/LC_MESSAGES/helpline.po"
NEW = "These are other words about pay in the US."


class Project:
    """A copy of the project and the service that runs from it.

    Args:
        root: of the copy.
        service: that runs.
    """

    def __init__(self, root: Path, service: Running) -> None:
        self.root, self.service = root, service
        self._numbers = 1000

    def number(self) -> str:
        """A phone that has not texted yet."""
        self._numbers += 1
        return f"+1415555{self._numbers:04}"

    def reload(self) -> str:
        """What `helpline reload` prints where all is well."""
        done = helpline("reload", root=self.root)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self) -> str:
        """The one sentence with which `helpline reload` says that it was refused, without its beginning."""
        done = helpline("reload", root=self.root)
        assert (done.returncode, done.stdout) == (1, "")
        begin = "helpline: The reload was refused, the service goes on as before. "
        assert done.stderr.startswith(begin) and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
        return done.stderr.removeprefix(begin).strip()

    def health(self) -> dict[str, object]:
        """What it says of itself."""
        health = self.service.get("/health")
        assert health is not None and health.status_code == 200
        found: dict[str, object] = health.json()
        return found

    @contextmanager
    def changed(self, name: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
        """A file that is other than it was, for as long as that lasts.

        Args:
            name: of the file, from the root.
            change: makes its new content of the old one.
        """
        path = self.root / name
        before = path.read_bytes()
        assert change(before) != before
        path.write_bytes(change(before))
        try:
            yield
        finally:
            path.write_bytes(before)


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """Puts words in the place of others."""
    return lambda content: content.replace(old.encode(), new.encode())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One service for this module: each test leaves its files as they were."""
    folder = tmp_path_factory.mktemp("reload")
    root = copy_of_project(folder)
    with running(folder, root=root, **REAL_SMS) as service:
        yield Project(root, service)


def _with_us_number(content: bytes, number: str) -> bytes:
    before, us, after = content.partition(b"\n  US:")
    return before + us + after.replace(b'number: "911"', f'number: "{number}"'.encode(), 1)


def test_numbers_and_catalogues_change_at_the_edge_too(project: Project) -> None:
    """The edge says these without the dialogue process: the last wall, and the title of the way to a person."""
    spanish = project.root / SPANISH
    title = re.search(r'msgctxt "utter_option_person"\nmsgid "A person"\nmsgstr "(.+)"', spanish.read_text(encoding="utf-8"))
    assert title
    with (
        project.changed("data/emergency.yml", lambda content: _with_us_number(content, "112")),
        project.changed(SPANISH, replaced(f'msgstr "{title[1]}"', 'msgstr "Otra gente"')),
    ):
        project.reload()
        assert "0 Otra gente" in project.service.sms("mi jefe no me paga", project.number())
        assert "112" in project.service.sms("he is going to kill me", project.number())
        project.service.dialogues()[0].kill()
        wall = project.service.sms("hello", project.number())
        assert LAST_WALL in wall and "112" in wall and "911" not in wall
        until(project.service.healthy, START_SECONDS)


def test_changed_words_are_said_in_the_same_session(project: Project) -> None:
    sender, page = project.number(), "This is another first page."
    first = project.service.sms(QUESTION, sender)
    more = re.search(r"^(\d) More$", first, re.MULTILINE)
    assert PAY.text in first and "Automated" in first and more
    with project.changed("data/answers/us.yml", lambda content: replaced(PAY.more[0], page)(replaced(PAY.text, NEW)(content))):
        assert project.reload() == "Reloaded.\n"
        assert page in project.service.sms(more[1], sender)
        again = project.service.sms(QUESTION, sender)
        assert NEW in again and PAY.text not in again
        assert "Automated" not in again  # who is known is not introduced to it again
        assert "911" in project.service.sms("he is going to kill me", sender)  # what was taken before is taken back


def test_while_it_reloads_everybody_is_answered(project: Project) -> None:
    """Back to the words of the repository."""
    said: list[str] = []
    ended, failures = threading.Event(), project.health()["failures"]

    def write() -> None:
        while not ended.is_set():
            said.append(project.service.sms(QUESTION, project.number()))

    writing = threading.Thread(target=write)
    writing.start()
    try:
        project.reload()
        before = len(said)
        until(lambda: len(said) > before + 3, 30)
    finally:
        ended.set()
        writing.join()
    assert len(said) > 5
    assert all((PAY.text in reply) != (NEW in reply) for reply in said)
    assert NEW in said[0] and PAY.text in said[-1]
    assert project.health()["failures"] == failures
    until(lambda: len(project.service.dialogues()) == 1, 5)


SPANISH = "locales/es/LC_MESSAGES/helpline.po"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    (
        ("data/answers/us.yml", replaced("  version: ", "  verzion: "), r"line 8: answer 1 has a 'verzion'"),
        ("data/emergency.yml", lambda content: content[: len(content) // 2], r".+"),
        (SPANISH, lambda content: content.replace(b'msgstr "', b"msgstr ", 2), r"line \d+ is no line of a catalogue"),
        ("locales/persons_sought.yml", replaced("  person: ", "  parson: "), r"line \d+: en has a 'parson'"),
        ("data/desk.yml", replaced("must_report: [", "must_reprot: ["), r"line \d+: it has a 'must_reprot', which nobody reads\. Compare"),
        ("data/places/places.npz", lambda content: content[:-100], None),
    ),
)  # fmt: skip
def test_what_is_broken_changes_nothing_and_is_told(
    project: Project, name: str, change: Callable[[bytes], bytes], says: str | None
) -> None:
    failures, pid = project.health()["failures"], project.service.dialogues()[0].pid
    with project.changed(name, change):
        refusal = project.refused()
        assert re.match(rf"{re.escape(name)} {says}" if says else r"(data/places/)?places\.npz", refusal)
        assert project.health()["reload_refused"] == refusal
        assert refusal in project.service.said and "Traceback" not in project.service.said
        assert PAY.text in project.service.sms(QUESTION, project.number())
        assert "llama al 911" in project.service.sms("me va a matar", project.number())
    assert (project.health()["failures"], project.service.dialogues()[0].pid) == (failures, pid)


def test_a_process_that_dies_after_that_comes_back_with_what_was_said(project: Project) -> None:
    with (
        project.changed("data/answers/us.yml", lambda content: b"broken"),
        project.changed("data/emergency.yml", lambda content: b"broken"),
    ):
        assert "data/emergency.yml" in project.refused()
        project.service.dialogues()[0].kill()
        until(lambda: not project.service.healthy(), 10)
        until(project.service.healthy, START_SECONDS)
        assert PAY.text in project.service.sms(QUESTION, project.number())


def test_check_tells_a_refusal(project: Project) -> None:
    with project.changed("data/answers/us.yml", lambda content: b"answers: []"):
        refusal = project.refused()
    said = helpline("check", root=project.root).stdout
    assert f"look  Running service: the last reload was refused, and it says what it said before. {refusal}" in said


def test_other_training_data_need_a_model_and_take_it(project: Project) -> None:
    with project.changed("data/rules/talk.yml", lambda content: content + b"\n# one more line\n"):
        assert project.refused() == "There is no model for the present training data. Train one with `helpline train`."
        code = "from bot.dialogue.training import fitting_model; print(fitting_model())"
        told = subprocess.run([sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, check=True)
        model = Path(told.stdout.strip())
        shutil.copy2(project.root / "models" / trained_model().name, model)
        project.reload()
        assert project.health()["reload_refused"] == ""
        assert model.name in project.service.dialogues()[-1].cmdline()[-1]
        model.unlink()  # as training does with older ones
        until(lambda: len(project.service.dialogues()) == 1, 5)
        project.service.dialogues()[0].kill()
        until(lambda: not project.service.healthy(), 10)
        until(project.service.healthy, START_SECONDS)


def _points(process: psutil.Process | subprocess.Popen[bytes]) -> int:
    return int(Path(f"/proc/{process.pid}/oom_score_adj").read_text(encoding="ascii"))


def test_one_that_is_ended_for_want_of_memory_is_no_loss(project: Project) -> None:
    old = project.service.dialogues()[0]
    project.service.process.send_signal(signal.SIGHUP)
    until(lambda: len(project.service.dialogues()) == 2, 60)
    new = project.service.dialogues()[1]
    until(lambda: _points(new) > _points(old) > _points(project.service.process), 10)  # which one the system ends first
    new.kill()
    until(lambda: "memory is short" in str(project.health()["reload_refused"]), 10)
    assert PAY.text in project.service.sms(QUESTION, project.number())
    assert project.service.dialogues() == [old]


def test_the_signal_harms_no_process_that_it_is_not_meant_for(project: Project) -> None:
    """As when it is sent to all that are called so."""
    children = project.service.children()
    for child in children:
        child.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert all(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert PAY.text in project.service.sms(QUESTION, project.number())


def test_no_stranger_can_make_it_reload(project: Project) -> None:
    for path in ("/reload", "/admin/reload"):
        response = project.service.get(path)
        assert response is not None and response.status_code == 404


def test_at_its_end_nothing_is_left(project: Project) -> None:
    """The last test of that service."""
    assert list((project.root / "models").glob("serving-*"))
    project.service.process.terminate()
    assert project.service.process.wait(20) == 0
    assert not list((project.root / "models").glob("serving-*"))
    done = helpline("reload", root=project.root)
    assert done.returncode == 1 and "No service runs from this installation. Start one with `helpline`." in done.stderr


# Its folder


def test_a_service_is_found_while_it_runs_and_its_folder_taken_away_when_it_was_killed(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from bot.editions import Editions\n"
    code += "with Editions(Path(sys.argv[1])): print('here', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"here\n"
        assert list(running_services(tmp_path)) == [process.pid]
        with Editions(tmp_path):
            assert sorted(running_services(tmp_path)) == sorted([process.pid, os.getpid()])
        process.kill()
    assert len(list(tmp_path.iterdir())) == 1 and running_services(tmp_path) == {}
    with Editions(tmp_path) as editions:
        assert list(tmp_path.iterdir()) == [editions.home]
    assert list(tmp_path.iterdir()) == []


def test_cases_that_ended_without_a_word_are_told_of_by_the_next_start(tmp_path: Path) -> None:
    for left, broke_off in ((0, False), (2, True)):
        with Editions(tmp_path) as editions:
            (editions.home / "1").mkdir()
            tell_open_cases(editions.home, left)
        with Editions(tmp_path) as after:
            assert after.broke_off is broke_off
            assert [path.name for path in tmp_path.iterdir()] == [after.home.name]


def test_of_a_service_that_ended_with_open_cases_nothing_is_kept_but_their_number(tmp_path: Path) -> None:
    with Editions(tmp_path) as editions:
        (editions.home / "1").mkdir()
        (editions.home / "1" / "data").touch()
        tell_open_cases(editions.home, 2)
    assert sorted(path.name for path in editions.home.iterdir()) == ["lock", "open-cases"]
    assert running_services(tmp_path) == {}


# Two workers


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Two workers that share a Redis."""
    folder = tmp_path_factory.mktemp("pair")
    root = copy_of_project(folder)
    with (
        redis_server(tmp_path_factory.mktemp("redis")) as server,
        running(folder, root=root, **REAL_SMS, REDIS_URL=server.url, HELPLINE_WORKERS="2") as service,
    ):
        until(lambda: len(service.dialogues()) == 2 and all(service.healthy() for _ in range(10)), START_SECONDS, lambda: service.said)
        yield Project(root, service)


def _said_by_all(pair: Project) -> set[str]:
    """Which of the two texts about pay are said, over many connections."""
    replies = [pair.service.sms(QUESTION, pair.number()) for _ in range(12)]
    return {text for reply in replies for text in (PAY.text, NEW, LAST_WALL) if text in reply}


def test_all_workers_say_what_was_changed(pair: Project) -> None:
    with pair.changed("data/answers/us.yml", replaced(PAY.text, NEW)):
        pair.reload()
        assert _said_by_all(pair) == {NEW}


def test_no_worker_says_what_is_broken(pair: Project) -> None:
    with pair.changed("data/answers/us.yml", lambda content: b"broken"):
        refusal = pair.refused()
        for _ in range(8):
            assert pair.health()["reload_refused"] == refusal
        victim = pair.service.workers()[0]
        victim.kill()
        until(lambda: len(pair.service.workers()) == 2 and len(pair.service.dialogues()) == 2, START_SECONDS)
        until(lambda: all(map(pair.service.takes_messages, pair.service.workers())), START_SECONDS)
        assert _said_by_all(pair) == {NEW}


def test_what_one_worker_cannot_take_is_taken_by_none(pair: Project) -> None:
    """On the way back to the words of the repository, which the first to be asked takes."""
    seen: list[psutil.Process] = []

    def killed_that_of_the_last() -> bool:
        for worker in pair.service.workers():
            children = sorted(worker.children(), key=lambda child: child.create_time())
            if len(children) == 2:
                seen.extend([worker] * (worker not in seen))
                if len(seen) == 2 and worker == seen[1]:
                    children[1].kill()
                    return True
        return False

    pair.service.process.send_signal(signal.SIGHUP)
    until(killed_that_of_the_last, 120)
    until(lambda: "memory is short" in str(pair.health()["reload_refused"]), 120)
    assert _said_by_all(pair) == {NEW}


def test_the_parent_s_end_leaves_nothing(pair: Project) -> None:
    """The last test of these workers."""
    children = pair.service.children()
    pair.service.process.terminate()
    assert pair.service.process.wait(40) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    with suppress(FileNotFoundError):
        assert not list((pair.root / "models").glob("serving-*"))
