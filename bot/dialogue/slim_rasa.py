"""Lets Rasa 3.6 run without the packages that this project does not use, TensorFlow above all.

Rasa imports every component, connector and store that it offers, whether a project uses them or not. Those below are not
used here, and what they need is not installed. A stand-in takes the place of each, with the classes that Rasa looks up by
name and nothing behind them. Rasa's open edition is frozen at 3.6.21, so the names cannot move;
tests/dialogue/test_slim_rasa.py holds them against the installed Rasa all the same.

`install()` must run before the first import of `rasa.core` or `rasa.engine`. What answers and trains needs only requirements.txt;
`rasa test` draws diagrams besides, with packages of requirements-dev.txt.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import types
import warnings
from typing import Any

# Modules of Rasa that need TensorFlow, with the classes that Rasa imports from them.
WITHOUT_TENSORFLOW: dict[str, tuple[str, ...]] = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator", "RasaDataGenerator"),
    # Containers of batches for TensorFlow. They bring in all of scikit-learn (46 MB, half a second), which nothing at run time needs.
    "rasa.utils.tensorflow.model_data": ("RasaModelData", "FeatureSignature", "FeatureArray", "Data", "ragged_array_to_ndarray"),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer": ("ConveRTFeaturizer",),
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer": ("LanguageModelFeaturizer",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
    "rasa.core.policies.unexpected_intent_policy": ("UnexpecTEDIntentPolicy",),
}

# Connectors of Rasa: this project has channels of its own, which prove who sent a message.
WITHOUT_CONNECTORS: dict[str, tuple[str, ...]] = {
    "rasa.core.channels.socketio": ("SocketIOInput",),
    "rasa.core.channels.botframework": ("BotFrameworkInput",),
    "rasa.core.channels.facebook": ("FacebookInput",),
    "rasa.core.channels.mattermost": ("MattermostInput",),
    "rasa.core.channels.rasa_chat": ("RasaChatInput",),
    "rasa.core.channels.rocketchat": ("RocketChatInput",),
    "rasa.core.channels.slack": ("SlackInput",),
    "rasa.core.channels.telegram": ("TelegramInput",),
    "rasa.core.channels.twilio": ("TwilioInput",),
    "rasa.core.channels.twilio_voice": ("TwilioVoiceInput",),
    "rasa.core.channels.webexteams": ("WebexTeamsInput",),
    "rasa.core.channels.hangouts": ("HangoutsInput",),
    "rasa.core.brokers.pika": ("PikaEventBroker",),
}

# Packages that Rasa's stores and brokers import for names that only those unused ones need.
WITHOUT_PACKAGES: dict[str, tuple[str, ...]] = {
    "boto3": (),
    "boto3.dynamodb": (),
    "boto3.dynamodb.conditions": ("Key",),
    "botocore": (),
    "botocore.exceptions": ("BotoCoreError",),
    "pymongo": (),
    "pymongo.collection": ("Collection",),
    "pymongo.errors": ("PyMongoError",),
    "aiormq": (),
    "aiormq.exceptions": ("ChannelNotFoundEntity",),
    # Rasa's command line puts this into its list of log processors, to report what fails to its makers. Nothing is reported here.
    "structlog_sentry": ("SentryProcessor",),
}

# Draws diagrams, with matplotlib. Rasa imports it with its rules; only `rasa test` calls it.
WITHOUT_DIAGRAMS: dict[str, tuple[str, ...]] = {
    "rasa.utils.plotting": ("plot_confusion_matrix", "plot_curve", "plot_paired_histogram"),
}


class _PassOn:
    """A log processor that hands every event on, whatever it was set to do with it."""

    def __init__(self, **settings: Any) -> None:
        pass

    def __call__(self, logger: Any, method: str, event: Any) -> Any:
        return event


_BASES = {"SentryProcessor": _PassOn}


def _stand_in(module_name: str, class_names: tuple[str, ...]) -> None:
    module = types.ModuleType(module_name)
    module.__path__ = []
    module.__spec__ = importlib.machinery.ModuleSpec(module_name, None, is_package=True)
    for class_name in class_names:
        base = (Exception,) if class_name.endswith(("Error", "Entity")) else (_BASES.get(class_name, object),)
        members = {"__module__": module_name, "name": classmethod(lambda cls: cls.__module__.rsplit(".", 1)[-1])}
        setattr(module, class_name, type(class_name, base, members))
    sys.modules[module_name] = module
    parent, _, child = module_name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def install(*, diagrams: bool = False) -> None:
    """Puts the stand-ins in place and switches off Rasa's telemetry and warnings (they may quote what a person wrote).

    Args:
        diagrams: leave Rasa what it draws with, for `rasa test`.
    Raises:
        RuntimeError: a module that needs a stand-in was imported before.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.filterwarnings("ignore")
    for names in (WITHOUT_TENSORFLOW, WITHOUT_CONNECTORS, WITHOUT_PACKAGES, {} if diagrams else WITHOUT_DIAGRAMS):
        for module_name, class_names in names.items():
            if isinstance(present := sys.modules.get(module_name), types.ModuleType) and present.__spec__ and present.__spec__.loader:
                raise RuntimeError(f"{module_name} was imported before the stand-ins. Call slim_rasa.install() first.")
            if present is None:
                _stand_in(module_name, class_names)
