"""The report of who read a record, as a CSV file for the patient or the office."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from suwen.control.gateway.readers import ReadersReport
from suwen.core.spreadsheet_cells import plain_cell

COLUMNS = (
    "sequence",
    "at",
    "account",
    "name",
    "departments",
    "action",
    "purpose",
    "channel",
    "done",
    "break_glass",
)


def readers_csv(report: ReadersReport, zone: ZoneInfo) -> bytes:
    """The report as UTF-8 with a byte order mark, so that spreadsheets show Chinese; times in the
    wards' zone; no cell is a formula."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for row in report.rows:
        cells = (
            str(row.sequence),
            row.at.astimezone(zone).isoformat(timespec="seconds"),
            row.account,
            row.name or "",
            " ".join(row.departments),
            row.action,
            row.purpose or "",
            row.channel,
            "yes" if row.done else "no",
            "yes" if row.break_glass else "no",
        )
        rows.writerow(map(plain_cell, cells))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
