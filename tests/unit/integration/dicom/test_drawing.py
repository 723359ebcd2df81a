"""Frames as pictures: by window, inverted, coloured; what cannot be drawn says why."""

from __future__ import annotations

import asyncio
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom._uid_dict import UID_dictionary
from pydicom.encaps import encapsulate
from pydicom.errors import InvalidDicomError
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, JPEG2000Lossless

from suwen.bootstrap.key_images import draw
from suwen.core.errors import IntegrationError
from suwen.integration.dicom.compressions import not_drawn
from suwen.integration.dicom.drawing import NoDecoderError, drawn
from tests.support.dicom_objects import ct_object, sample_files, written

# Transfer syntaxes of documents, of the network, or of what nobody stores.
NO_IMAGES = {"1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2", "1.2.840.10008.1.20"}
NOT_WHOLE = {"OT-PAL-8-face.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
LOSSLESS = {
    "JPEG lossless": ["dcmcjpeg", "+e1"],
    "JPEG-LS": ["dcmcjpls", "+el"],
    "RLE": ["dcmcrle"],
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


def test_every_sample_is_drawn() -> None:
    shown = 0
    for file in sample_files():
        try:
            png = drawn(file.read_bytes(), 0, 300)
        except (LookupError, InvalidDicomError):
            assert file.name in NOT_WHOLE
            continue
        image = Image.open(BytesIO(png))
        assert image.size[0] <= 300 and image.getextrema() is not None
        shown += 1
    assert shown >= 28


@pytest.mark.parametrize("name", sorted(LOSSLESS))
def test_what_was_compressed_without_loss_is_drawn_as_it_was(name: str, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    plain.write_bytes(ct_object(0, rows=64, study=1))
    subprocess.run([*LOSSLESS[name], str(plain), str(packed)], check=True, capture_output=True)
    assert dcmread(packed).file_meta.TransferSyntaxUID.is_compressed
    assert drawn(packed.read_bytes(), 0, 64) == drawn(plain.read_bytes(), 0, 64)


def test_jpeg_2000_is_drawn_as_it_was() -> None:
    made = dcmread(BytesIO(ct_object(0, rows=64, study=1)))
    whole = drawn(written(made), 0, 64)
    packed = BytesIO()
    pixels = made.pixel_array.astype(np.uint16)
    Image.fromarray(pixels).save(packed, "JPEG2000", irreversible=False, no_jp2=True)
    made.PixelData = encapsulate([packed.getvalue()])
    made["PixelData"].VR = "OB"
    made.file_meta.TransferSyntaxUID = JPEG2000Lossless
    out = BytesIO()
    made.save_as(out, enforce_file_format=True)
    assert drawn(out.getvalue(), 0, 64) == whole


def test_what_is_said_to_be_drawn_has_its_decoder_and_nothing_else() -> None:
    for uid in UID_dictionary:
        if UID_dictionary[uid][1] != "Transfer Syntax":
            continue
        known = UID(uid)
        try:
            can = not known.is_compressed or get_decoder(known).is_available
        except NotImplementedError:
            can = False
        if known.is_private or "Retired" in UID_dictionary[uid] or UID_dictionary[uid][3]:
            continue
        assert (not_drawn(uid) is None) == can or uid in NO_IMAGES, UID_dictionary[uid]
    assert not_drawn("1.2.840.10008.1.2.4.201") == "HTJ2K"
    assert not_drawn("1.2.3.4") == "1.2.3.4"


async def test_a_compression_without_decoder_says_so() -> None:
    made = dcmread(BytesIO(_object()))
    made.PixelData = encapsulate([b"\xff\x4f" + bytes(50)])
    made["PixelData"].VR = "OB"
    made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.201")
    out = BytesIO()
    made.save_as(out, enforce_file_format=True)
    with pytest.raises(NoDecoderError):
        drawn(out.getvalue(), 0, 64)
    with pytest.raises(IntegrationError) as refused:
        await draw(out.getvalue(), 0, 64)
    assert refused.value.detail == {"reason": "no_decoder"}


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
