"""One item of a record, opened beside the text that rests on it."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.platform import Platform
from suwen.core.record import NoteItem, ObservationItem
from suwen.web import formats
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.series import Series, make_series
from suwen.web.views.sources import describe, newer_result, record_items


@dataclass(frozen=True, slots=True)
class ItemView:
    """What the record holds under a reference.

    Attributes:
        text: the whole text of a note; empty for others.
        series: all values of the same analyte, for an observation.
    """

    reference: str
    kind: str
    title: str
    value: str
    at: str
    status: str
    text: str
    newer: str | None
    series: Series | None


async def read_item(
    platform: Platform, visitor: Visitor, patient: str, reference: str, texts: Texts
) -> ItemView | None:
    """The item, ``None`` when the record has none; raises as ``ChartDesk.open_chart``."""
    record = await platform.charts.open_chart(visitor.principal, patient)
    item = record_items(record).get(reference)
    if item is None:
        return None
    zone = platform.settings.zone
    title, value = describe(item, texts)
    series = None
    if isinstance(item, ObservationItem) and item.code is not None:
        same = [
            o
            for o in record.observations
            if o.code is not None and (o.code.code, o.code.text) == (item.code.code, item.code.text)
        ]
        series = next(
            (s for s in make_series(same, zone) if any(p.reference == reference for p in s.points)),
            None,
        )
    return ItemView(
        reference=reference,
        kind=reference.partition("/")[0],
        title=title,
        value=value,
        at=formats.recorded_period(item.when, zone),
        status=item.status or "",
        text=item.text if isinstance(item, NoteItem) else "",
        newer=newer_result(item, record, zone),
        series=series,
    )
