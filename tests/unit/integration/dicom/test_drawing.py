"""Frames as pictures: by window, inverted, coloured; what cannot be drawn says why."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from suwen.bootstrap.key_images import draw
from suwen.core.errors import IntegrationError
from suwen.integration.dicom.drawing import NoDecoderError, drawn
from tests.support.dicom_objects import ct_object, sample_files, written

NOT_WHOLE = {"OT-PAL-8-face.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
# Compressions for which no decoder is installed: JPEG lossless and JPEG-LS.
WITHOUT_DECODER = {
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "bad_sequence.dcm",
    "emri_small_jpeg_ls_lossless.dcm",
}


def _pixels(content: bytes, frame: int = 0, width: int = 512) -> Any:
    return np.asarray(Image.open(BytesIO(drawn(content, frame, width))))


def _object(**values: Any) -> bytes:
    return ct_object(0, rows=16, study=1, **values)


def test_a_window_decides_what_is_black_and_white() -> None:
    # Stored values are 0, 8, 16 …; the rescale makes them -1024, -1016, -1008 …
    content = _object(WindowCenter=-512, WindowWidth=512)
    found = _pixels(content).ravel()
    values = np.arange(256) * 8 - 1024
    assert found[values < -768].max() == 0 and found[values > -256].min() == 255
    middle = found[(values >= -768) & (values <= -256)]
    assert (np.diff(middle.astype(int)) >= 0).all() and 100 < np.median(middle) < 150


def test_monochrome1_is_inverted_and_the_twin_is_not() -> None:
    one = _pixels(_object())
    other = _pixels(_object(PhotometricInterpretation="MONOCHROME1"))
    assert (one.astype(int) + other.astype(int) - 255 <= 1).all()
    assert one.ravel()[0] < other.ravel()[0]


def test_pixels_that_are_not_square_are_drawn_in_proportion() -> None:
    made = dcmread(BytesIO(_object()))
    made.PixelSpacing = [2.0, 1.0]
    assert _pixels(written(made)).shape == (32, 16)
    assert _pixels(_object(), width=8).shape == (8, 8)


def test_every_sample_is_drawn_or_says_that_there_is_no_decoder() -> None:
    shown, without = 0, set()
    for file in sample_files():
        try:
            png = drawn(file.read_bytes(), 0, 300)
        except NoDecoderError:
            without.add(file.name)
            continue
        except (LookupError, InvalidDicomError):
            assert file.name in NOT_WHOLE
            continue
        image = Image.open(BytesIO(png))
        assert image.size[0] <= 300 and image.getextrema() is not None
        shown += 1
    assert without <= WITHOUT_DECODER and shown >= 24


def test_a_frame_that_is_not_there_has_nothing_to_draw() -> None:
    with pytest.raises(LookupError):
        drawn(_object(), 1, 100)
    with pytest.raises(LookupError):
        drawn(_object(PixelData=None), 0, 100)


async def test_the_process_that_draws_gives_the_picture_or_the_reason() -> None:
    png = await draw(_object(), 0, 100)
    assert png.startswith(b"\x89PNG")
    made = dcmread(BytesIO(_object()))
    made.PixelData = made.PixelData[:100]
    for content, reason in (
        (b"nothing", "unreadable"),
        (written(made), "unreadable"),
        (_object(PixelData=None), "no_pixels"),
    ):
        with pytest.raises(IntegrationError) as refused:
            await draw(content, 0, 100)
        assert refused.value.code == "image_not_drawable"
        assert refused.value.detail == {"reason": reason}
    assert asyncio.get_running_loop().is_running()
