"""HL7 v2 messages read and mapped per CPU-second, against ``hl7`` and ``hl7apy`` in the same run.

One laboratory result (ORU^R01, 15 segments, ten numbers). Reading: parsing and the same ten fields.
Mapping: parsing and all resources as FHIR R4, against ``hl7`` parsing alone. A second row maps
messages that all differ in patient, order, values and times.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import hl7
from hl7apy.parser import parse_message

from suwen.integration.hl7v2.mapping import ChannelFacts
from suwen.integration.hl7v2.message import read_message
from suwen.integration.hl7v2.reading import read

ROUNDS = 5
SECONDS = 0.6
ROWS = [
    ("6690-2", "WBC", "10*9/L", "3.5-9.5"),
    ("789-8", "RBC", "10*12/L", "4.3-5.8"),
    ("718-7", "Hemoglobin", "g/L", "130-175"),
    ("4544-3", "Hematocrit", "L/L", "0.40-0.50"),
    ("787-2", "MCV", "fL", "82-100"),
    ("785-6", "MCH", "pg", "27-34"),
    ("786-4", "MCHC", "g/L", "316-354"),
    ("777-3", "Platelets", "10*9/L", "125-350"),
    ("770-8", "Neutrophils", "%", "40-75"),
    ("736-9", "Lymphocytes", "%", "20-50"),
]


def message(number: int) -> str:
    """A blood count; patient, order, values and times follow from the number."""
    at = f"202405{1 + number % 28:02d}08{number % 60:02d}00"
    segments = [
        f"MSH|^~\\&|LIS|LAB|SUWEN|HOSP|{at}||ORU^R01^ORU_R01|M{number}|P|2.5.1",
        f"PID|1||P{number}^^^HOSP^MR||Doe{number}^Jane||19570214|F|||1 High St^^Town",
        f"PV1|1|I|6N^12^03^HOSP||||0100^Roe^Richard|||SUR|||||||||V{number}^^^HOSP",
        f"ORC|RE|O{number}^HIS|F{number}^LIS||CM",
        f"OBR|1|O{number}^HIS|F{number}^LIS|57021-8^CBC^LN|||{at}|||||||||||||||{at}|||F",
        *(
            f"OBX|{n}|NM|{code}^{name}^LN||{(number * n) % 400}.{n}|{unit}^^UCUM|{limits}|N|||F"
            f"|||{at}"
            for n, (code, name, unit, limits) in enumerate(ROWS, start=1)
        ),
    ]
    return "\r".join(segments) + "\r"


ONE = message(7)
MANY = [message(number) for number in range(2000)]
CHANNEL = ChannelFacts("lis", "lis", ZoneInfo("Asia/Shanghai"))


def ours() -> tuple[str, ...]:
    """Ten fields by our parser."""
    found = read_message(ONE)
    msh, pid, obx = found.header, found.first("PID"), found.all("OBX")
    return (
        msh.text(10),
        pid.text(3),
        pid.text(5),
        pid.text(5, 2),
        pid.text(7),
        pid.text(8),
        obx[0].text(3),
        obx[0].text(5),
        obx[2].text(5),
        obx[2].text(6),
    )


def theirs() -> tuple[str, ...]:
    """The same by ``hl7``."""
    found = hl7.parse(ONE)
    msh, pid, obx = found.segment("MSH"), found.segment("PID"), found.segments("OBX")
    return (
        str(msh[10]),
        str(pid[3][0][0]),
        str(pid[5][0][0]),
        str(pid[5][0][1]),
        str(pid[7]),
        str(pid[8]),
        str(obx[0][3][0][0]),
        str(obx[0][5]),
        str(obx[2][5]),
        str(obx[2][6][0][0]),
    )


def by_hl7apy() -> tuple[str, ...]:
    """The same by ``hl7apy``, without its search for groups, which is faster."""
    found = parse_message(ONE, find_groups=False)
    obx = found.obx
    return (
        found.msh.msh_10.value,
        found.pid.pid_3.cx_1.value,
        found.pid.pid_5.xpn_1.value,
        found.pid.pid_5.xpn_2.value,
        found.pid.pid_7.value,
        found.pid.pid_8.value,
        obx[0].obx_3.ce_1.value,
        obx[0].obx_5.value,
        obx[2].obx_5.value,
        obx[2].obx_6.ce_1.value,
    )


def split_by_hand() -> list[str]:
    """The limit: ten fields by str.split, without escapes, repetitions or checks."""
    rows = [line.split("|") for line in ONE.split("\r")]
    pid, first, third = rows[1], rows[5], rows[7]
    name = pid[5].split("^")
    return [
        rows[0][9],
        pid[3].split("^")[0],
        name[0],
        name[1],
        pid[7],
        pid[8],
        first[3].split("^")[0],
        first[5],
        third[5],
        third[6].split("^")[0],
    ]


def mapped() -> object:
    """All resources of one message."""
    return read(ONE, CHANNEL).mapped


_next = itertools.cycle(MANY)


def mapped_each_another() -> object:
    """All resources of messages that differ."""
    return read(next(_next), CHANNEL).mapped


def rate(work: Callable[[], object]) -> float:
    """Calls per CPU-second."""
    count, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < SECONDS:
        work()
        count += 1
    return count / spent


def main() -> None:
    assert ours() == theirs() == by_hl7apy() == tuple(split_by_hand())
    assert read(ONE, CHANNEL).refusal is None
    works = {
        "read": ours,
        "map": mapped,
        "map_many": mapped_each_another,
        "hl7": theirs,
        "hl7_parse": lambda: hl7.parse(ONE),
        "hl7apy": by_hl7apy,
        "split": split_by_hand,
    }
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(rate(work))
    middle = {name: statistics.median(rates) for name, rates in found.items()}

    def row(name: str, mine: str, peer: str, label: str, aim: str) -> dict[str, object]:
        ratio = statistics.median(a / b for a, b in zip(found[mine], found[peer], strict=True))
        return {
            "name": name,
            "value": middle[mine],
            "unit": "msg/cpu-s",
            "peer": label,
            "peer_value": middle[peer],
            "ratio": ratio,
            "aim": aim,
        }

    rows = [
        row("parse and read ten fields", "read", "hl7", "hl7", ">= 25"),
        row("parse and read ten fields", "read", "hl7apy", "hl7apy", ">= 900"),
        row("parse and read ten fields", "read", "split", "str.split by hand", ">= 0.5"),
        row("parse and map to FHIR", "map", "hl7_parse", "hl7, parsing alone", ">= 3"),
        row("the same, all messages differ", "map_many", "hl7_parse", "hl7, parsing alone", ">= 3"),
    ]
    measured = {"load": os.getloadavg()[0], "bytes": len(ONE.encode())}
    print(json.dumps({"bench": "hl7_parse", "measured": measured, "rows": rows}))


if __name__ == "__main__":
    main()
