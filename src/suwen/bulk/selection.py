"""Which records a bulk run is over, as typed on a line or in a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Selection:
    """Stays of the record store; without limits all of them.

    Attributes:
        ended_from: first day on which they ended.
        ended_to: last day on which they ended.
        departments: codes; empty for every department.
    """

    open_only: bool = False
    ended_from: date | None = None
    ended_to: date | None = None
    departments: tuple[str, ...] = ()

    def ended_between(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """The instants from which and before which they ended, in the site's zone."""
        begin = datetime.combine(self.ended_from, time(), zone) if self.ended_from else None
        until = (
            datetime.combine(self.ended_to + timedelta(days=1), time(), zone)
            if self.ended_to
            else None
        )
        return begin, until


def read_selection(text: str) -> Selection:
    """The selection that a text names.

    ``stays`` · ``stays:open`` · ``stays:ended=2026-11-01..2026-11-21`` ·
    ``stays:ended=2026-11-01,department=CARD`` · several departments with ``+`` between them.

    Raises:
        InputError: ``selection_malformed``.
    """
    noun, _, rest = text.strip().partition(":")
    if noun != STAYS:
        raise _malformed()
    found = Selection()
    for piece in filter(None, rest.split(",")):
        found = _with(found, piece.strip())
    return found


def _with(found: Selection, piece: str) -> Selection:
    name, _, value = piece.partition("=")
    if name == "open" and not value:
        return Selection(True, found.ended_from, found.ended_to, found.departments)
    if name == "department" and value:
        codes = tuple(code for code in value.split("+") if code)
        return Selection(found.open_only, found.ended_from, found.ended_to, codes)
    if name == "ended" and value:
        first, _, last = value.partition("..")
        try:
            begin = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else begin
        except ValueError:
            raise _malformed() from None
        if end < begin:
            raise _malformed()
        return Selection(found.open_only, begin, end, found.departments)
    raise _malformed()


def _malformed() -> InputError:
    return InputError(
        "selection_malformed",
        Bilingual(
            zh="选择写作 stays、stays:open、stays:ended=2026-11-01..2026-11-21 或加 "
            "department=科室代码，用逗号分隔。",
            en="A selection is stays, stays:open, stays:ended=2026-11-01..2026-11-21, or with "
            "department=CODE, separated by commas.",
        ),
        field="--select",
    )
