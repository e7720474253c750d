"""Words that carriers and providers act on themselves when they are the whole message.

Source: Twilio, "Twilio support for opt-out keywords (SMS STOP filtering)",
https://help.twilio.com/articles/223134027
"""

from __future__ import annotations

# The provider blocks the number and says so itself: nothing may be sent, and the session goes.
CARRIER_STOP = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
# The provider sends a text of its own; ours follows.
CARRIER_HELP = frozenset(("HELP", "INFO"))
# The provider lifts the block; to us these are ordinary messages.
CARRIER_START = frozenset(("START", "YES", "UNSTOP"))


def is_carrier_stop(text: str) -> bool:
    """Whether the provider takes the whole message as a wish to hear nothing more."""
    return text.strip().upper() in CARRIER_STOP


def is_carrier_help(text: str) -> bool:
    """Whether the provider answers the message with a text of its own, besides ours."""
    return text.strip().upper() in CARRIER_HELP
