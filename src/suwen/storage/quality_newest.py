"""Which judgement of a stay counts: the newest of its patient and month."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, select

from suwen.storage.bulk_tables import quality_stay


def of_newest_judgement(table: Table) -> ColumnElement[bool]:
    """Of the newest run that judged the same patient's stay, each once.

    Args:
        table: of judged stays or of their findings.
    """
    newer = quality_stay.alias()
    mine = quality_stay.alias()
    # Every condition stands in the where clause: a join over the outer table would bring a second
    # one of it into the query, and whatever was judged twice would hide all others.
    later = (
        select(newer.c.run)
        .where(
            mine.c.run == table.c.run,
            mine.c.ordinal == table.c.ordinal,
            newer.c.patient.is_not(None),
            newer.c.patient == table.c.patient,
            newer.c.month.is_not_distinct_from(table.c.month),
            newer.c.judged_at > mine.c.judged_at,
        )
        .correlate(table)
        .exists()
    )
    return ~later
