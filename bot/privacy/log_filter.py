"""What may be logged: events of our own with fixed words, and of libraries only that something happened, where, and of what kind."""

from __future__ import annotations

import logging
import sys
import threading
import warnings

_LOG = logging.getLogger(__name__)


class NoWords(logging.Filter):
    """Takes every word out of a record that might quote a person, an address or a secret.

    Records of this project carry fixed sentences only and pass as they are, without tracebacks. Of any other record the
    place in the code, its level and the kind of its exception remain.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record; never drops it."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        record.exc_info = record.exc_text = record.stack_info = None
        if record.name == "bot" or record.name.startswith("bot."):
            return True
        record.msg, record.args = f"{record.module}:{record.lineno} {kind}".strip(), ()
        return True


def configure_logging(level: int = logging.INFO) -> None:
    """Puts one handler with the filter on the root logger, takes all others off, and silences warnings (they may quote text).

    Args:
        level: of the root logger.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M"))
    handler.addFilter(NoWords())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).handlers.clear()
    for name in ("httpx", "httpcore", "telegram", "asyncio", "uvicorn.access", "twilio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(False)
    warnings.simplefilter("ignore")
    logging.raiseExceptions = False  # it would print a record that does not fit its arguments, with them
    sys.excepthook = lambda kind, error, trace: _say_kind_only("The service stopped", kind)
    threading.excepthook = lambda failed: _say_kind_only("A thread stopped", failed.exc_type)
    sys.unraisablehook = lambda failed: _say_kind_only("Something could not be put away", failed.exc_type)


def _say_kind_only(what: str, kind: type[BaseException]) -> None:
    _LOG.critical("%s on an unforeseen %s. Report this with the version of the service.", what, kind.__name__)
