"""How a page lies: by the shape of its lines, and by which way up they are read."""

from __future__ import annotations

from typing import Any

_SEARCH_SIDE = 960
_MOST_LINES = 16
_LONG = 2.0


def quarter_turns(engine: Any, pixels: Any) -> int:
    """Quarter turns counter-clockwise, 0 to 3, that make the page upright; 0 where nothing tells.

    Lines of text are wider than high; a page most of whose lines stand upright lies on its side.
    Which of the two sides, and whether it is upside down, the line classifier tells.

    Args:
        engine: RapidOCR.
        pixels: the page as an array of blue, green and red.
    """
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    scale = min(1.0, _SEARCH_SIDE / max(height, width))
    small = cv2.resize(pixels, None, fx=scale, fy=scale) if scale < 1 else pixels
    found = engine(small, use_det=True, use_cls=False, use_rec=False)
    # What a call says stays in the engine: the next one reads again.
    engine.update_params(use_det=True, use_cls=True, use_rec=True)
    if found.boxes is None or len(found.boxes) == 0:
        return 0
    boxes = [_extent(box) for box in found.boxes]
    wide = sum(w for _, _, w, h in boxes if w >= _LONG * h)
    high = sum(h for _, _, w, h in boxes if h >= _LONG * w)
    side = high > wide
    lines = sorted(boxes, key=lambda b: -max(b[2], b[3]))[:_MOST_LINES]
    crops = []
    for left, top, w, h in lines:
        crop = small[top : top + h, left : left + w]
        if crop.size and max(w, h) >= _LONG * min(w, h):
            crops.append(np.ascontiguousarray(np.rot90(crop)) if side else crop)
    if not crops:
        return 1 if side else 0
    answers = engine._load_cls_model()(crops).cls_res
    turned = sum(score if label == "180" else -score for label, score in answers)
    upside_down = turned > 0
    if side:
        return 3 if upside_down else 1
    return 2 if upside_down else 0


def _extent(box: Any) -> tuple[int, int, int, int]:
    xs = [int(x) for x, _ in box]
    ys = [int(y) for _, y in box]
    left, top = max(0, min(xs)), max(0, min(ys))
    return left, top, max(xs) - left, max(ys) - top
