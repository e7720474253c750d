"""Rasa runs without what it does not use, and the stand-ins still fit the installed Rasa."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from bot.dialogue.slim_rasa import WITHOUT_CONNECTORS, WITHOUT_DIAGRAMS, WITHOUT_PACKAGES, WITHOUT_TENSORFLOW
from bot.paths import ROOT

# What must not be loaded by a process that answers. `rasa.core.channels.telegram` and kin are Rasa's connectors, not ours.
HEAVY = [
    "tensorflow",
    "keras",
    "jax",
    "sklearn",
    "matplotlib",
    "pandas",
    "boto3",
    "botocore",
    "pymongo",
    "aio_pika",
    "aiogram",
    "slack_sdk",
    "fbmessenger",
    "sentry_sdk",
    "rasa.core.channels.telegram",
    "rasa.core.channels.twilio",
    "rasa.core.channels.slack",
    "rasa.core.policies.ted_policy",
]

OF_RASA = {**WITHOUT_TENSORFLOW, **WITHOUT_CONNECTORS, **WITHOUT_DIAGRAMS}

LOADED = """
import importlib.machinery, json, sys
from bot.dialogue.engine import Engine
from bot.dialogue.training import trained_model
turn = Engine(trained_model()).reply("my boss has not paid me", None, {"country_hint": "US"})
# A stand-in has no loader; whatever was really loaded has one.
real = [name for name, module in sys.modules.items() if getattr(getattr(module, "__spec__", None), "loader", None)]
print(json.dumps({"modules": real, "blocks": len(turn.blocks)}))
"""


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)


def _rasa_folder() -> Path:
    spec = importlib.util.find_spec("rasa")
    assert spec and spec.origin
    return Path(spec.origin).parent


def _source(module: str) -> Path:
    path = _rasa_folder().joinpath(*module.split(".")[1:])
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"


def _defined_in(path: Path) -> set[str]:
    """Names that a module defines at its top level."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names}
    return names


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every `from module import name` and `import module` (name empty) of a file, nested ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@lru_cache(maxsize=1)
def _imports_of_rasa() -> list[tuple[Path, str, str]]:
    return [(path, *found) for path in _rasa_folder().rglob("*.py") for found in _imports(path)]


@pytest.fixture(scope="module")
def loaded() -> dict[str, object]:
    """What a fresh process has loaded after it has answered a message."""
    result = _python(LOADED)
    assert result.returncode == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("package", HEAVY)
def test_a_process_that_answers_has_not_loaded(package: str, loaded: dict[str, object]) -> None:
    modules = loaded["modules"]
    assert isinstance(modules, list)
    assert loaded["blocks"]
    assert [name for name in modules if name == package or name.startswith(f"{package}.")] == []


@pytest.mark.parametrize("module", OF_RASA)
def test_a_stand_in_has_the_module_and_the_names_of_the_installed_rasa(module: str) -> None:
    assert _source(module).exists()
    assert set(OF_RASA[module]) <= _defined_in(_source(module))


@pytest.mark.parametrize("module", OF_RASA)
def test_a_stand_in_has_every_name_that_the_rest_of_rasa_takes_from_its_module(module: str) -> None:
    """Left out is what only modules import that are stood in for themselves, or that need TensorFlow anyhow."""
    replaced = {_source(other) for other in OF_RASA}
    wanted = {
        name
        for path, found, name in _imports_of_rasa()
        if found == module and name and path not in replaced and "tensorflow" not in path.parts
    }
    assert wanted <= set(OF_RASA[module])


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in WITHOUT_PACKAGES.items() for name in names])
def test_rasa_still_wants_the_name_of_a_missing_package(module: str, name: str) -> None:
    package, _, last = module.rpartition(".")
    wanted = {(found, taken) for _, found, taken in _imports_of_rasa()}
    assert (module, name) in wanted or (module, "") in wanted or (package, last) in wanted or (package, "") in wanted


def test_stand_ins_that_come_too_late_are_refused() -> None:
    result = _python(
        "import rasa.utils.tensorflow.model_data\n"
        "from bot.dialogue import slim_rasa\n"
        "try:\n    slim_rasa.install()\n"
        "except RuntimeError as error:\n    print(error)"
    )
    assert "was imported before the stand-ins. Call slim_rasa.install() first." in result.stdout, result.stderr


def test_stand_ins_may_be_put_in_place_twice() -> None:
    result = _python("from bot.dialogue import slim_rasa\nslim_rasa.install()\nslim_rasa.install()\nimport rasa.core.agent\nprint('ok')")
    assert result.stdout.strip() == "ok", result.stderr


def test_a_stand_in_of_a_connector_says_its_name_as_rasa_asks_for_it() -> None:
    import rasa.core.channels

    assert rasa.core.channels.BUILTIN_CHANNELS["telegram"].__module__ == "rasa.core.channels.telegram"


def test_telemetry_is_off() -> None:
    result = _python(
        "from bot.dialogue import slim_rasa\nslim_rasa.install()\nfrom rasa import telemetry\nprint(telemetry.is_telemetry_enabled())"
    )
    assert result.stdout.strip() == "False", result.stderr


def test_rasas_command_line_starts_without_the_packages_of_the_tests() -> None:
    """`make run` installs requirements.txt only: what stands in requirements-dev.txt alone may not be needed to train or to answer."""
    result = _python(
        "import sys\n"
        "for name in ('matplotlib', 'structlog_sentry', 'sentry_sdk', 'pytest'):\n    sys.modules[name] = None\n"
        "from bot.dialogue.engine import Engine\n"
        "from bot.dialogue.rasa_command import main\n"
        "from bot.dialogue.training import trained_model\n"
        "Engine(trained_model())\n"
        "sys.exit(main(['train', '--help']))"
    )
    assert result.returncode == 0, result.stderr
    assert "--fixed-model-name" in result.stdout
