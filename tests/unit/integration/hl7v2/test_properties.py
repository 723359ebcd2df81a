"""Whatever comes, reading answers: mapped, or refused with a place; the same each time."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.bootstrap.connections.hl7v2 import checked
from suwen.core.exact_json import read_exact, write_exact
from suwen.integration.hl7v2.delimiters import STANDARD
from suwen.integration.hl7v2.mapping import assembly, events
from suwen.integration.hl7v2.message import read_message
from suwen.integration.hl7v2.reading import read
from tests.support.hl7 import PID, facts, message

PLACE = re.compile(r"(segment \d+|[A-Z][A-Z0-9]{2}(\[\d+\])?(-\d+(\.\d+)?)?)")
KINDS = sorted(
    f"{code}^{event}" for code in events.MESSAGE_CODES for event in ("A01", "A40", "R01")
)
NAMES = [*assembly.SEGMENTS, "ZPI", "GT1", "ROL"]
#: Values that mean something somewhere, and values that mean nothing anywhere.
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "",
            "",
            "1",
            "P1^^^H^MR",
            "王^小明",
            "20240531",
            "20240531083000",
            "F",
            "NM",
            "CE",
            "718-7^Hb^LN",
            "7.2",
            "<0.5",
            "3-5",
            "Y",
            "AL",
            '""',
            "^^^",
            "~",
            "\\X41\\",
            "&&",
            "NW",
            "CP",
            "00",
            "MR",
            "S12",
            "Booked",
            "^BID^D4",
            "20241399",
            "PO^x",
            "^AP^PDF^Base64^AAAA",
        ]
    ),
    st.text(max_size=12),
)
SEGMENT = st.tuples(st.sampled_from(NAMES), st.lists(VALUES, max_size=24)).map(
    lambda pair: "|".join(
        [pair[0], *(value.replace("\r", " ").replace("\n", " ") for value in pair[1])]
    )
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.lists(SEGMENT, max_size=10), st.booleans())
def test_every_message_is_mapped_or_refused_with_its_place(
    kind: str, segments: list[str], with_patient: bool
) -> None:
    text = message(kind, "M1", *([PID] if with_patient else []), *segments)
    first, second = read(text, facts()), read(text, facts())
    if first.refusal is not None:
        assert PLACE.fullmatch(first.refusal.where), first.refusal.where
        assert first.mapped is None
        assert second.refusal is not None
        assert second.refusal.where == first.refusal.where
        return
    assert first.mapped is not None
    assert second.mapped is not None
    assert first.mapped.resources == second.mapped.resources
    keys = [(r["resourceType"], r["id"]) for r in first.mapped.resources]
    assert len(keys) == len(set(keys))
    checked(first.mapped.resources, "imported")
    for resource in first.mapped.resources:
        assert read_exact(write_exact(resource)) == resource
        assert nothing_empty(resource)


def nothing_empty(value: Any) -> bool:
    """Whether no element is empty: FHIR leaves out what is not there."""
    if isinstance(value, dict):
        return bool(value) and all(nothing_empty(item) for item in value.values())
    if isinstance(value, list):
        return all(nothing_empty(item) for item in value)
    return value not in ("", None)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_refused_with_its_place(text: str) -> None:
    outcome = read(text, facts())
    assert outcome.refusal is not None
    assert PLACE.fullmatch(outcome.refusal.where)


@given(st.text(alphabet=st.characters(blacklist_characters="\r", blacklist_categories=["Cs"])))
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    plain = text.replace("\0", "")
    assert STANDARD.unescape(STANDARD.escaped(plain)) == plain.replace("\r\n", "\n")


@given(st.lists(st.lists(st.text("ab^~&\\", max_size=5), min_size=1, max_size=4), max_size=5))
def test_a_message_is_its_own_lines(rows: list[list[str]]) -> None:
    lines = ["MSH|^~\\&|A", *("|".join(["ZZZ", *row]) for row in rows)]
    assert read_message("\r".join(lines)).lines == lines
