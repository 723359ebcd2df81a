"""Frames of the minimal lower layer protocol: one message between two control characters.

Source: HL7 v2.5.1, appendix C, MLLP release 1: ``<VT> message <FS><CR>``.
"""

from __future__ import annotations

from enum import StrEnum

_START, _END, _RETURN = 0x0B, 0x1C, 0x0D
_BETWEEN = b"\r\n \t"


class FrameFault(StrEnum):
    """What came over a connection that is no frame."""

    OUTSIDE = "hl7_bytes_outside_frame"
    UNFINISHED = "hl7_frame_unfinished"
    TOO_LARGE = "hl7_frame_too_large"


def framed(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return b"\x0b" + message + b"\x1c\r"


class FrameReader:
    """Takes bytes as they come and gives whole frames; keeps at most one unfinished frame.

    Args:
        largest: bytes that a message may have.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._inside = False
        self.faults: list[FrameFault] = []

    @property
    def unfinished(self) -> bool:
        """Whether a frame was begun and not ended."""
        return self._inside

    @property
    def head(self) -> bytes:
        """The beginning of the unfinished frame, enough for its header."""
        return bytes(self._buffer[:4096])

    def feed(self, data: bytes) -> list[bytes]:
        """Whole messages, in order.

        Adds to ``faults`` what was no frame; after ``TOO_LARGE`` nothing more can be read.
        """
        found: list[bytes] = []
        position = 0
        while position < len(data):
            if not self._inside:
                start = data.find(_START, position)
                outside = data[position:] if start < 0 else data[position:start]
                if outside.strip(_BETWEEN):
                    self.faults.append(FrameFault.OUTSIDE)
                if start < 0:
                    break
                self._inside = True
                position = start + 1
            end = data.find(_END, position)
            piece = data[position:] if end < 0 else data[position:end]
            restart = piece.rfind(_START)
            if restart >= 0:
                # A second beginning: what came before it will never be finished.
                self.faults.append(FrameFault.UNFINISHED)
                self._buffer.clear()
                piece = piece[restart + 1 :]
            self._buffer += piece
            if len(self._buffer) > self._largest:
                self.faults.append(FrameFault.TOO_LARGE)
                return found
            if end < 0:
                break
            found.append(bytes(self._buffer))
            self._buffer.clear()
            self._inside = False
            position = end + 1
            if position < len(data) and data[position] == _RETURN:
                position += 1
        return found
