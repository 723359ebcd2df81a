"""HL7 v2 messages, FHIR resources and images without the person."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from suwen.control.privacy.burned_in import blackened, burned_in_boxes
from suwen.control.privacy.fhir_resources import deidentified_resource
from suwen.control.privacy.hl7_fields import deidentified_message
from suwen.control.privacy.masking import reidentify
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.core.errors import InputError
from suwen.core.knowledge import ReadLine
from suwen.language.identifiers import IdentifierType

MESSAGE = "\r".join(
    [
        "MSH|^~\\&|LIS|LAB|SUWEN|HOS|20240305101500||ORU^R01^ORU_R01|MSG001|P|2.5||||||UNICODE",
        "PID|1||0012345^^^HIS^MR||张伟^^^^||19491231|M|||中关村大街27号^^北京市^^100080||13800138000",
        "PV1|1|I|ICU^12^3|||||D001^王小明",
        "OBX|1|NM|6690-2^WBC^LN||5.2|10*9/L|4.0-10.0|N|||F",
        "OBX|2|TX|NOTE||患者张伟诉胸闷，家属电话13900139000，2024年3月4日起病。||||||F",
        "ZXX|1|11010519491231002X",
    ]
)
LEAKS = ("张伟", "0012345", "13800138000", "13900139000", "中关村", "王小明", "11010519491231002X")


def test_a_message_names_nobody_and_keeps_its_form() -> None:
    surrogates = SurrogateMap(b"k" * 32)
    said = deidentified_message(MESSAGE, surrogates)
    assert all(leak not in said for leak in LEAKS)
    assert "19491231" not in said and "2024年3月4日" not in said
    segments = said.rstrip("\r").split("\r")
    assert [s[:3] for s in segments] == ["MSH", "PID", "PV1", "OBX", "OBX"]
    header = segments[0].split("|")
    assert [*header[:6], "20240305101500", *header[7:]] == MESSAGE.split("\r")[0].split("|")
    assert header[6].endswith("101500") and header[6] != "20240305101500"
    assert segments[3] == MESSAGE.split("\r")[3]
    name = segments[1].split("|")[5].split("^")[0]
    assert name in segments[4] and reidentify(name, surrogates) == "张伟"
    assert [s.count("|") for s in segments] == [s.count("|") for s in MESSAGE.split("\r")[:5]]


def test_a_resource_names_nobody_and_references_still_meet() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "zhangwei-1",
        "identifier": [{"system": "urn:his", "value": "0012345"}],
        "name": [{"text": "张伟", "family": "张", "given": ["伟"]}],
        "telecom": [{"system": "phone", "value": "13800138000"}],
        "address": [{"text": "北京市海淀区中关村大街27号", "city": "北京市"}],
        "birthDate": "1949-12-31",
        "gender": "male",
        "text": {"status": "generated", "div": "<div>张伟</div>"},
    }
    note = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "6690-2"}]},
        "subject": {"reference": "Patient/zhangwei-1", "display": "张伟"},
        "valueQuantity": {"value": 5.2, "unit": "10*9/L"},
        "note": [{"text": "张伟自述2024年3月4日起胸闷，电话13900139000"}],
    }
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": patient}, {"resource": note}],
    }
    said = deidentified_resource(bundle, SurrogateMap(b"k" * 32))
    text = json.dumps(said, ensure_ascii=False)
    for leak in (
        "张伟",
        "zhangwei",
        "0012345",
        "13800138000",
        "13900139000",
        "中关村",
        "1949-12-31",
    ):
        assert leak not in text
    one, other = (entry["resource"] for entry in said["entry"])
    assert other["subject"]["reference"] == f"Patient/{one['id']}"
    assert other["code"] == note["code"] and other["valueQuantity"] == note["valueQuantity"]
    assert one["gender"] == "male" and other["status"] == "final"


class _Reader:
    def read_page(self, image: bytes) -> list[ReadLine]:
        return [
            ReadLine("姓名：张伟 男", 0.1, 0.1, 0.5, 0.15, 0.99),
            ReadLine("层厚 5.0 mm", 0.1, 0.2, 0.5, 0.25, 0.99),
            ReadLine("检查号：CT20240001", 0.6, 0.1, 0.9, 0.15, 0.99),
        ]


def test_burned_in_lines_that_name_somebody_are_boxes_to_blacken() -> None:
    boxes = burned_in_boxes(b"", _Reader())
    assert [(b.left, b.top) for b in boxes] == [(0.1, 0.1), (0.6, 0.1)]
    assert boxes[0].types == (IdentifierType.NAME,)
    assert boxes[1].types == (IdentifierType.MEDICAL_RECORD_NUMBER,)


def _scan(kind: str = "PNG", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("L", (400, 200), 255).save(written, kind, **more)
    return written.getvalue()


def test_what_is_blackened_is_gone_and_the_rest_stays() -> None:
    boxes = burned_in_boxes(_scan(), _Reader())
    painted = Image.open(io.BytesIO(blackened(_scan(), boxes)))
    assert painted.size == (400, 200)
    assert painted.getpixel((100, 25)) == 0 and painted.getpixel((300, 25)) == 0
    assert painted.getpixel((100, 45)) == 255, "the thickness of a slice names nobody"


def test_nothing_beside_the_pixels_goes_with_an_image() -> None:
    told = Image.Exif()
    told[0x9286] = "张伟"
    marked = _scan("JPEG", exif=told, comment="张伟".encode())
    assert "张伟".encode() in marked
    assert "张伟".encode() not in blackened(marked, ())


def test_of_several_pages_none_leaves_unseen() -> None:
    pages = _scan("TIFF", save_all=True, append_images=[Image.new("L", (400, 200), 0)])
    with pytest.raises(InputError, match="image_of_several_pages"):
        blackened(pages, ())
