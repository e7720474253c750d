"""The few ways in which the service fails to start or to work. Each message ends in a sentence that says what to do."""


class HelplineError(Exception):
    """Something the operator can mend; `str()` is one plain sentence or two, the last of which says how."""


class ConfigurationError(HelplineError):
    """A setting is missing, malformed or unsafe."""


class DataError(HelplineError):
    """A file of `data/` or `locales/` is broken; the message names file and place."""


class ModelError(HelplineError):
    """There is no trained model that fits, or it cannot be loaded."""


class StoreFull(HelplineError):
    """The store holds as many sessions as it may."""


class StoreUnavailable(HelplineError):
    """The store cannot be reached."""


class TurnFailed(HelplineError):
    """The dialogue did not answer in time, or its process died. The last wall answers instead."""


class StaffFilesUnavailable(HelplineError):
    """The staff's accounts, or the log of what the staff did, cannot be read or written."""


class AccountRefused(HelplineError):
    """An account cannot be made, found or changed as it was asked."""


class SignInRefused(HelplineError):
    """Somebody may not sign in, or unlock the screen. It never tells which of name, password and code was wrong."""
