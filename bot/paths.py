"""Where the parts of the project lie. The project is installed in place, so all of them hang below its root."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
LOCALES = ROOT / "locales"
MODELS = ROOT / "models"
RASA_CONFIG = ROOT / "bot" / "config.yml"
RASA_DOMAIN = ROOT / "bot" / "domain"
RASA_ENDPOINTS = ROOT / "bot" / "endpoints.yml"
RASA_TRAINING_DATA = tuple(DATA / part for part in ("nlu", "rules", "stories"))
