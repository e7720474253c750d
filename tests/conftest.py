"""What tests of every room share: Rasa's stand-ins, put in place before anything imports Rasa, and one loaded model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.dialogue import slim_rasa

slim_rasa.install()

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The model for the present training data in this process. Without one every test that needs it fails: `helpline train`."""
    from bot.dialogue.catalogues import compile_catalogues
    from bot.dialogue.engine import Engine
    from bot.dialogue.training import trained_model

    compile_catalogues()
    return Engine(trained_model())
