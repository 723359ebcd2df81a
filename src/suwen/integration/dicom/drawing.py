"""Draws one frame of a DICOM file as PNG; run as a process of its own, so that a damaged or
hostile file takes nothing else down with it.

Reads a line of JSON (``width``, ``frame``) and then the file from standard input; writes the PNG.
Exit status 3: there is nothing to draw; 4: no decoder for its compression; anything else: damaged.

Source: DICOM PS3.3 C.11.1 (modality LUT), C.11.2 (VOI LUT: window centre and width, linear).
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from io import BytesIO
from typing import Any, Final

from suwen.integration.dicom.drawing_outcomes import NO_DECODER, NOTHING_TO_DRAW

_MOST_PIXELS: Final = 64_000_000
_MEMORY: Final = 3 << 30
_WIDEST: Final = 4096


class NoDecoderError(Exception):
    """There is no decoder here for an object's compression."""


def main() -> int:
    """Draws what standard input holds."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    wanted = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    try:
        png = drawn(content, int(wanted["frame"]), int(wanted["width"]))
    except LookupError:
        return NOTHING_TO_DRAW
    except NoDecoderError:
        return NO_DECODER
    sys.stdout.buffer.write(png)
    return 0


def drawn(content: bytes, frame: int, width: int) -> bytes:
    """A frame as PNG of 8 bits, at most ``width`` pixels across, as its window shows it.

    Args:
        frame: from 0.

    Raises:
        LookupError: when the object has no such frame.
        NoDecoderError: when its compression has no decoder here.
        ValueError: and others, when the file is damaged.
    """
    from pydicom import dcmread
    from pydicom.pixels.utils import pixel_array

    dataset = dcmread(BytesIO(content))
    if "PixelData" not in dataset or dataset.get("Rows", 0) * dataset.get("Columns", 0) == 0:
        raise LookupError("no pixels")
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if not 0 <= frame < frames or dataset.Rows * dataset.Columns > _MOST_PIXELS:
        raise LookupError("no such frame")
    _require_decoder(str(dataset.file_meta.TransferSyntaxUID))
    pixels = pixel_array(dataset, index=frame)
    _take_frame_values(dataset, frame)
    return _as_png(_eight_bits(pixels, dataset), dataset, min(width, _WIDEST))


def _take_frame_values(dataset: Any, frame: int) -> None:
    """Puts what an enhanced object states per frame (rescale, window) where others state it."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    each = dataset.get("PerFrameFunctionalGroupsSequence") or []
    for groups in [*shared[:1], *each[frame : frame + 1]]:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            for item in list(groups.get(name) or [])[:1]:
                dataset.update(item)


def _require_decoder(syntax: str) -> None:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    uid = UID(syntax)
    if not uid.is_compressed:
        return
    try:
        available = get_decoder(uid).is_available
    except RuntimeError:
        # The library knows no way at all to decode it.
        available = False
    if not available:
        raise NoDecoderError(syntax)


def _eight_bits(pixels: Any, dataset: Any) -> Any:
    """The frame as bytes: colour as it is, grey values through modality LUT and window."""
    import numpy as np
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut

    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        coloured = apply_color_lut(pixels, dataset)
        return (coloured >> 8).astype(np.uint8) if coloured.dtype != np.uint8 else coloured
    if pixels.ndim == 3:
        if pixels.dtype == np.uint8:
            return pixels
        shift = max(int(dataset.get("BitsStored", 16)) - 8, 0)
        return np.clip(pixels >> shift, 0, 255).astype(np.uint8)
    values = apply_modality_lut(pixels, dataset)
    if "VOILUTSequence" in dataset:
        values = apply_voi_lut(values, dataset, index=0)
    values = values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if dataset.get("WindowWidth") is not None and "VOILUTSequence" not in dataset:
        low, high = _window_range(dataset, low, high)
    scaled = (np.clip(values, low, high) - low) * (255.0 / (high - low) if high > low else 0.0)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        scaled = 255.0 - scaled
    return scaled.astype(np.uint8)


def _window_range(dataset: Any, low: float, high: float) -> tuple[float, float]:
    """The values that become black and white; of several windows the first."""
    centre, width = _number(dataset.get("WindowCenter")), _number(dataset.get("WindowWidth"))
    if centre is None or width is None or width < 1:
        return low, high
    return centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2


def _number(value: Any) -> float | None:
    first = value[0] if isinstance(value, list | tuple) or hasattr(value, "append") else value
    return None if first is None or first == "" else float(first)


def _as_png(values: Any, dataset: Any, width: int) -> bytes:
    from PIL import Image

    image = Image.fromarray(values)
    across, down = image.size
    spacing = _pixel_ratio(dataset)
    target = (min(width, across), 0)
    height = max(1, round(down * spacing * target[0] / across))
    if (target[0], height) != image.size:
        image = image.resize((target[0], min(height, _WIDEST)), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _pixel_ratio(dataset: Any) -> float:
    """Height of a pixel by its width; 1 where the object does not say or says nonsense."""
    spacing = dataset.get("PixelSpacing") or dataset.get("PixelAspectRatio")
    try:
        ratio = float(spacing[0]) / float(spacing[1]) if spacing else 1.0
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return 1.0
    return ratio if 0.1 <= ratio <= 10 else 1.0


if __name__ == "__main__":
    sys.exit(main())
