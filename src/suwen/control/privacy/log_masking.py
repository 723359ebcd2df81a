"""No identifier reaches a log: every record of this process is masked when it is made.

Masked are the message and the text of an exception with its stack, whatever logger, handler or
library they come from; and what an uncaught exception prints. Network addresses and the names of
programs stay: whoever runs the machines needs them.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, Final

from suwen.core.data_class import Door, class_of_content, passes, withheld

_KEPT: Final = frozenset({"IP", "URL", "ORGANISATION"})
_UNSURE: Final = frozenset(
    {"english_name", "english_address", "dates_english", "english_organisation"}
)
_SURE_SCORE: Final = 0.75
_LONGEST: Final = 100_000
"""Characters of a message that are kept; a longer one is cut, so that none is left unmasked."""


def masked(text: str) -> str:
    """A text of a log with ``[TYPE]`` in place of each identifier."""
    # Loaded here: a command that logs nothing does not wait for the recognisers.
    from suwen.control.privacy.masking import mask
    from suwen.language.identifiers import find_identifiers

    text = text[:_LONGEST]
    spans = [
        span
        for span in find_identifiers(text)
        if span.type.value not in _KEPT
        and (span.recogniser not in _UNSURE or span.score >= _SURE_SCORE)
    ]
    return mask(text, spans) if spans else text


class MaskedRecord(logging.LogRecord):
    """A record whose message and exception are masked before any handler sees them."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        said = (self.msg, self.args)
        if not passes(said, Door.LOG):
            self.msg, self.args = withheld(class_of_content(said)), ()
        if self.exc_info and self.exc_info[0] is not None:
            # A formatter takes this text where it is there, and renders none itself.
            self.exc_text = _told(self.exc_info[1], self.exc_info).rstrip()
        if self.stack_info:
            self.stack_info = masked(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 - the name is the standard library's
        """The message, masked."""
        return masked(super().getMessage())


def mask_logs() -> None:
    """Masks everything that this process logs, or prints of an uncaught exception, from now on."""
    logging.setLogRecordFactory(MaskedRecord)
    sys.excepthook = _say
    threading.excepthook = _say_of_thread


def _say(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    sys.stderr.write(_told(error, (kind, error, where)))


def _told(error: BaseException | None, about: Any) -> str:
    """An exception as it is printed: where it was raised, and what it says where that may pass."""
    if passes(error, Door.CRASH_REPORT):
        return masked("".join(traceback.format_exception(*about)))
    kind, _, where = about
    stack = "".join(traceback.format_tb(where))
    return masked(f"{stack}{kind.__name__}: {withheld(class_of_content(error))}\n")


def _say_of_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        _say(given.exc_type, given.exc_value, given.exc_traceback)
