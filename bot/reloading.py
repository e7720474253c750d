"""Reloading: on SIGHUP, the service reads what people have changed, and takes it where all of it is good."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable

from bot.dialogue.training import trained_model
from bot.editions import Edition, Editions
from bot.errors import HelplineError

_LOG = logging.getLogger(__name__)


class Reloading:
    """Waits for the signal in a thread of its own; the service goes on answering meanwhile.

    A signal, because only who runs the service can send one: an address on the web would be there for strangers too.

    It is to be made in the main thread, and hears from then on; `begin` lets it act.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._on_terminal = os.isatty(0)
        signal.signal(signal.SIGHUP, lambda *_: self._hear())

    def begin(self, editions: Editions, edition: Edition, take: Callable[[Edition], None]) -> None:
        """Reloads from now on when the signal comes, or has come already.

        Args:
            editions: of the service.
            edition: the one that it says now.
            take: makes the service say another one, all of it or, with a HelplineError, none of it.
        """
        self._editions, self._edition, self._take = editions, edition, take
        threading.Thread(target=self._run, daemon=True).start()

    def _hear(self) -> None:
        if self._on_terminal and not os.isatty(0):  # the same signal says that the window was closed in which it was started
            signal.raise_signal(signal.SIGTERM)
        else:
            self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()  # whatever changes from now on is for the next signal
            self.reload()

    def reload(self) -> None:
        """Reads what is on the disk now; takes it, or goes on as before and tells why."""
        try:
            edition = self._editions.make(trained_model())
            self._take(edition)
        except HelplineError as error:
            refusal = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, people are being answered
            refusal = f"The reload stopped on an unforeseen {type(error).__name__}. Report this with the version of the service."
        else:
            self._edition, refusal = edition, ""
        self._editions.keep_only(self._edition)
        if refusal:
            _LOG.error("reload: refused, the service goes on as before. %s", refusal)
        else:
            _LOG.info("reload: done.")
        self._editions.tell(refusal)
