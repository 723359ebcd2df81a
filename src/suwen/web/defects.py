"""Where a defect of ours is, told without the words that the error may repeat."""

from __future__ import annotations


def place_of(error: Exception) -> str:
    """File and line at which it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('suwen/')[2]}:{trace.tb_lineno}"
