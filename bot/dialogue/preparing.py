"""Makes an edition fit to be served: reads everything in it once, so that what is broken is found before anybody depends on it.

Run by `bot.editions` as a process of its own, with the edition in its environment: what reading costs in memory ends with it. It
prints nothing where all is well, else the one sentence that says what is broken.
"""

from __future__ import annotations

import contextlib
import os
import sys

from bot.dialogue.catalogues import catalogues, compile_catalogues
from bot.dialogue.persons_sought import person_patterns
from bot.dialogue.reviews import reviews, safety_groups
from bot.dialogue.typed_choices import typed_choices
from bot.errors import HelplineError
from bot.handoff.lines import desk_settings
from bot.knowledge.answers import answers
from bot.knowledge.emergency import emergency_table
from bot.knowledge.local_services import prepare
from bot.knowledge.localities import gazetteer


def read_everything() -> None:
    """Compiles the catalogues, brings the search index up to date, and reads every file of what the service says.

    Raises:
        DataError: a file is broken.
    """
    compile_catalogues()
    catalogues()
    emergency_table()
    desk_settings()
    answers()
    typed_choices()
    person_patterns()
    safety_groups()
    reviews()
    gazetteer()
    prepare()


def main() -> int:
    """Reads everything; says what is broken.

    Returns:
        The exit status.
    """
    with contextlib.suppress(OSError):
        os.nice(5)  # people who are being answered come first
    try:
        read_everything()
    except HelplineError as error:
        print(error)
        return 1
    except MemoryError:
        print("There is too little memory to read the data. Free some, and try again.")
        return 1
    except OSError as error:
        print(f"The data cannot be prepared ({error.strerror}). Check the space on the disk and the permissions of models/.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
