"""Cells of tables for spreadsheet programs, none of which takes words of ours for a formula."""

from __future__ import annotations

from typing import Final

# Source: OWASP, CSV Injection (2024); the wide forms are formulas in programs set to Chinese.
FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_cell(value: str) -> str:
    """The text as a cell shows it: what begins as a formula does is marked as text."""
    return f"'{value}" if value.startswith(FORMULA_BEGINNINGS) else value


def as_cell(value: object) -> object:
    """A value as a cell shows it; what is no text stays as it is."""
    return plain_cell(value) if isinstance(value, str) else value


def as_written(cell: str) -> str:
    """The text that ``plain_cell`` made a cell of."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_BEGINNINGS) else cell
