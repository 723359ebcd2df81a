"""Reads the text of a page image with RapidOCR, after the page was turned upright.

The models come inside the package; nothing is fetched. Nothing of it is loaded before the first
page: a reader costs 0.8 GB of memory and a page about six seconds of one processor.
"""

from __future__ import annotations

import importlib.util
import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from suwen.core.errors import KnowledgeError
from suwen.core.knowledge import ReadLine
from suwen.core.language import Bilingual
from suwen.perception.reading_order import in_reading_order
from suwen.perception.upright import quarter_turns

_MODELS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_MOST_PIXELS = 60_000_000
_LONGEST_SIDE = 2000
_FORMATS = ("PNG", "JPEG", "TIFF")


class RapidPageReader:
    """Reads page images, one at a time; safe to share between threads.

    Args:
        threads: processors that one page may use.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._engine: Any = None
        self._lock = threading.Lock()

    def read_page(self, image: bytes) -> Sequence[ReadLine]:
        """Lines in reading order, their boxes on the image as given.

        Args:
            image: PNG, JPEG or TIFF (its first page); turned by quarters it is read as well.

        Raises:
            KnowledgeError: ``unreadable_image``, or ``page_reader_missing`` where the models
                are not installed.
        """
        with self._lock:
            pixels = _decoded(image)
            engine = self._loaded()
            turns = quarter_turns(engine, pixels)
            upright = _turned(pixels, turns)
            result = engine(upright)
        if result.boxes is None or result.txts is None:
            return ()
        height, width = upright.shape[:2]
        lines = [
            _line(text, box, float(score), width, height)
            for text, box, score in zip(result.txts, result.boxes, result.scores, strict=True)
            if text.strip()
        ]
        return tuple(_turned_back(line, turns) for line in in_reading_order(lines))

    def _loaded(self) -> Any:
        if self._engine is None:
            folder = _model_folder()
            # Loaded here: it takes a second and much memory, and most never read a page.
            import cv2
            from rapidocr import RapidOCR

            cv2.setNumThreads(self._threads)
            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                    **{name: str(folder / file) for name, file in _MODELS.items()},
                }
            )
        return self._engine


def _model_folder() -> Path:
    """Where the package keeps its models; a missing one would be fetched from the network."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "models"
        if all((folder / file).is_file() for file in _MODELS.values()):
            return folder
    raise KnowledgeError(
        "page_reader_missing",
        Bilingual(
            zh="未安装文字识别组件 rapidocr 或其模型，请重新安装依赖。",
            en="The page reader rapidocr or its models are missing; install the dependencies "
            "again.",
        ),
    )


def _decoded(image: bytes) -> Any:
    """The image as an array of blue, green and red, as the engine takes it."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        opened = Image.open(io.BytesIO(image), formats=_FORMATS)
        if opened.width * opened.height > _MOST_PIXELS:
            raise ValueError
        frame = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise KnowledgeError(
            "unreadable_image",
            Bilingual(
                zh="页面图像无法读取：已损坏、过大或格式不符。",
                en="The page image cannot be read: damaged, too large or of another format.",
            ),
        ) from None
    frame.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return np.ascontiguousarray(np.asarray(frame)[:, :, ::-1])


def _turned(pixels: Any, turns: int) -> Any:
    import numpy as np

    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _line(text: str, box: Any, confidence: float, width: int, height: int) -> ReadLine:
    xs = [float(x) / width for x, _ in box]
    ys = [float(y) / height for _, y in box]
    return ReadLine(
        text=text.strip(),
        left=max(0.0, min(xs)),
        top=max(0.0, min(ys)),
        right=min(1.0, max(xs)),
        bottom=min(1.0, max(ys)),
        confidence=confidence,
    )


def _turned_back(line: ReadLine, turns: int) -> ReadLine:
    """The line's box on the image as given: quarter turns were counter-clockwise."""
    left, top, right, bottom = line.left, line.top, line.right, line.bottom
    for _ in range(turns):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return ReadLine(line.text, left, top, right, bottom, line.confidence)
