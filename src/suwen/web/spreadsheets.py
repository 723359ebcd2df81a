"""Tables for the usual spreadsheet programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from suwen.core.spreadsheet_cells import as_cell
from suwen.web.answers import file_answer

CSV = "text/csv; charset=utf-8"


def csv_answer(name: str, head: Sequence[str], lines: Iterable[Sequence[object]]) -> Response:
    """A table as a file: UTF-8 with the mark by which a spreadsheet reads Chinese."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(head)
    for line in lines:
        writer.writerow(map(as_cell, line))
    return file_answer(name, "\ufeff" + written.getvalue(), CSV)
