"""Where the parts of the project lie. The project is installed in place, so all of them hang below its root."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EDITION = "HELPLINE_EDITION"  # names the folder in the environment of a process that reads an edition; see `bot.editions`
# What the bot knows and says: of the project, or of the copy that a running service made of it.
KNOWLEDGE = Path(os.environ.get(EDITION) or ROOT)
DATA = KNOWLEDGE / "data"
LOCALES = KNOWLEDGE / "locales"
MODELS = KNOWLEDGE / "models"
RASA_CONFIG = ROOT / "bot" / "config.yml"
RASA_DOMAIN = ROOT / "bot" / "domain"
RASA_ENDPOINTS = ROOT / "bot" / "endpoints.yml"
RASA_TRAINING_DATA = tuple(DATA / part for part in ("nlu", "rules", "stories"))
