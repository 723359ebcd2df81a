"""Workbooks written by hand for tests: also what no spreadsheet program would write."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def text(value: str) -> str:
    """A cell's content that is a text."""
    return f' t="inlineStr"><is><t>{escape(value)}</t></is>'


def number(value: str) -> str:
    """A cell's content that is a number, as it is written in the file."""
    return f"><v>{value}</v>"


def error(value: str = "#N/A") -> str:
    """A cell's content that is an error."""
    return f' t="e"><v>{value}</v>'


def formula(source: str, result: str | None = None) -> str:
    """A formula, with the result that the program stored, or without one."""
    stored = "" if result is None else f"<v>{escape(result)}</v>"
    kind = "" if result is None else ' t="str"'
    return f"{kind}><f>{escape(source)}</f>{stored}"


def sheet_xml(rows: Sequence[Sequence[str | None]]) -> str:
    """The XML of a worksheet of cells' contents."""
    lines = []
    for line, cells in enumerate(rows, 1):
        written = "".join(
            f'<c r="{chr(64 + place)}{line}"{content}</c>'
            for place, content in enumerate(cells, 1)
            if content is not None
        )
        lines.append(f'<row r="{line}">{written}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_workbook(
    path: Path, sheets: Mapping[str, str], hidden: frozenset[str] = frozenset()
) -> None:
    """Writes a workbook of worksheets' XML by name."""
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name in hidden else ''}/>"
        for n, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets>'
            "</workbook>",
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        )
        for place, name in enumerate(names, 1):
            package.writestr(f"xl/worksheets/sheet{place}.xml", sheets[name])
