"""One patient's resources as typed items; nothing is lost, nothing is attributed by guess."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.core.record import Coded, PatientRecord, Quantity
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import patient_of, read_record, referenced_elsewhere
from suwen.integration.fhir.stored import stored_resources

Resource = dict[str, Any]
SUBJECT = {"subject": {"reference": "Patient/p"}}
PATIENT = {"resourceType": "Patient", "id": "p"}


def record(*resources: Resource, patient: Resource | None = None) -> PatientRecord:
    entries = [{"resource": r} for r in (patient or PATIENT, *resources)]
    return read_record(
        read_resources({"resourceType": "Bundle", "type": "collection", "entry": entries})
    )


def observation(identity: str = "o", **more: Any) -> Resource:
    return (
        {
            "resourceType": "Observation",
            "id": identity,
            "status": "final",
            "code": {"text": "x"},
        }
        | SUBJECT
        | more
    )


class TestWhose:
    def test_no_patient_and_several_patients_are_refused(self) -> None:
        with pytest.raises(InputError) as none:
            read_record([observation()])
        assert none.value.code == "no_patient"
        with pytest.raises(InputError) as several:
            record(PATIENT | {"id": "q"})
        assert several.value.code == "several_patients"

    def test_another_patients_resource_is_refused(self) -> None:
        with pytest.raises(InputError) as other:
            record(observation(subject={"reference": "Patient/q"}))
        assert other.value.code == "other_patient"

    def test_a_resource_of_nobody_is_kept_raw_and_not_attributed(self) -> None:
        nobodys = observation()
        del nobodys["subject"]
        read = record(nobodys)
        assert read.observations == ()
        assert [r["id"] for r in read.others] == ["o"]

    @pytest.mark.parametrize(
        ("resource", "owner"),
        [
            (PATIENT, "Patient/p"),
            ({"resourceType": "X", "subject": {"reference": "Patient/a/_history/2"}}, "Patient/a"),
            ({"resourceType": "X", "patient": {"reference": "http://h/Patient/b"}}, "Patient/b"),
            ({"resourceType": "X", "subject": {"reference": "Group/g"}}, None),
            ({"resourceType": "X", "subject": {"display": "x"}}, None),
            ({"resourceType": "X"}, None),
        ],
    )
    def test_who_a_resource_is_about(self, resource: Resource, owner: str | None) -> None:
        assert patient_of(resource) == owner


class TestNothingIsLost:
    def test_every_resource_ends_up_in_exactly_one_place(self) -> None:
        strange = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active"} | SUBJECT
        read = record(observation("a"), observation("b"), strange)
        typed = [item.resource for item in read.observations]
        assert len(typed) + len(read.others) == 3
        assert read.others == (strange,)
        assert read.patient.resource == PATIENT

    def test_items_are_ordered_by_time_unknown_first(self) -> None:
        read = record(
            observation("late", effectiveDateTime="2026-02"),
            observation("early", effectiveDateTime="2026-01-31T23:00:00Z"),
            observation("never"),
        )
        assert [o.reference for o in read.observations] == [
            "Observation/never",
            "Observation/early",
            "Observation/late",
        ]


class TestValues:
    def test_numbers_are_exact_whatever_type_they_came_in(self) -> None:
        exact = record(observation(valueQuantity={"value": Decimal("7.20"), "unit": "mmol/L"}))
        assert exact.observations[0].value == Quantity(Decimal("7.20"), "mmol/L")
        floated = record(observation(valueQuantity={"value": 176.35499866729558, "unit": "cm"}))
        value = floated.observations[0].value
        assert isinstance(value, Quantity)
        assert str(value.value) == "176.35499866729558"

    @pytest.mark.parametrize(
        ("element", "value"),
        [
            ({"valueString": "深黄"}, "深黄"),
            ({"valueBoolean": False}, False),
            ({"valueInteger": 3}, Quantity(Decimal(3), None)),
            ({"valueCodeableConcept": {"coding": [{"code": "c"}]}}, Coded("c", code="c")),
            ({"valueQuantity": {"unit": "g"}}, None),
            ({}, None),
        ],
    )
    def test_every_kind_of_value(self, element: Resource, value: object) -> None:
        assert record(observation(**element)).observations[0].value == value

    def test_the_wording_is_the_text_else_a_display_else_the_code(self) -> None:
        def coded(**concept: Any) -> str | None:
            code = record(observation(code=concept)).observations[0].code
            return code.text if code else None

        assert coded(text="t", coding=[{"code": "c", "display": "d"}]) == "t"
        assert coded(coding=[{"code": "c"}, {"display": "d2"}]) == "d2"
        assert coded(coding=[{"code": "c"}]) == "c"
        assert coded(coding=[{}]) is None

    @pytest.mark.parametrize(
        ("text", "precision"),
        [("2026", "year"), ("2026-05", "month"), ("2026-05-01", "day"),
         ("2026-05-01T08:00:00+08:00", "instant")],
    )  # fmt: skip
    def test_the_precision_of_a_time_is_kept(self, text: str, precision: str) -> None:
        when = record(observation(effectiveDateTime=text)).observations[0].when
        assert when is not None
        assert (when.precision, when.text) == (precision, text)
        assert when.start.tzinfo is not None


class TestNotes:
    def note(self, data: bytes, kind: str = "text/plain; charset=utf-8", **more: Any) -> Resource:
        attachment = {"contentType": kind, "data": base64.b64encode(data).decode()}
        return (
            {
                "resourceType": "DocumentReference",
                "id": "n",
                "status": "current",
                "content": [{"attachment": attachment}],
            }
            | SUBJECT
            | more
        )

    def test_text_in_its_charset_and_markup_as_a_reader_sees_it(self) -> None:
        assert record(self.note("血钾\r\n正常".encode())).notes[0].text == "血钾\n正常"
        gb = self.note("血钾".encode("gb18030"), "text/plain;charset=gb18030")
        assert record(gb).notes[0].text == "血钾"
        html = b"<p>a &lt; b</p><script>x()</script><p>c</p>"
        assert record(self.note(html, "text/html")).notes[0].text == "a < b\nc"
        assert record(self.note(b"%PDF", "application/pdf")).notes[0].text == ""

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            ("no base64!", "text/plain"),
            ("/////w==", "text/plain"),
            ("aGk=", "text/plain;charset=x"),
        ],
    )
    def test_a_damaged_attachment_is_refused(self, data: str, kind: str) -> None:
        broken = self.note(b"", kind)
        broken["content"][0]["attachment"]["data"] = data
        with pytest.raises(InputError) as refusal:
            record(broken)
        assert refusal.value.code == "attachment_damaged"

    @pytest.mark.parametrize(
        ("more", "signed"),
        [
            ({}, None),
            ({"docStatus": "final"}, True),
            ({"docStatus": "preliminary"}, False),
            ({"docStatus": "preliminary", "authenticator": {"display": "x"}}, True),
        ],
    )
    def test_whether_a_note_is_signed(self, more: Resource, signed: bool | None) -> None:
        assert record(self.note(b"x", **more)).notes[0].signed is signed

    def test_sections_of_a_composition_are_text(self) -> None:
        composition = {
            "resourceType": "Composition",
            "id": "k",
            "status": "final",
            "type": {"text": "出院小结"},
            "date": "2026-01-01",
            "author": [{"display": "林怀瑾"}],
            "title": "t",
            "section": [
                {"title": "诊断", "text": {"div": "<div>肺炎</div>"},
                 "section": [{"title": "次要", "text": {"div": "<div>贫血</div>"}}]},
            ],
        } | SUBJECT  # fmt: skip
        read = record(composition).notes[0]
        assert read.text == "诊断\n肺炎\n次要\n贫血"
        assert read.authors == ("林怀瑾",)


class TestStored:
    def test_columns_are_taken_from_the_resource_and_the_body_is_untouched(self) -> None:
        encounter = {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "IMP"},
            "period": {"start": "2026-01-01T08:00:00+08:00"},
            "serviceType": {"coding": [{"code": "cardiology"}]},
        } | SUBJECT
        item = observation(encounter={"reference": "Encounter/e"}, effectiveDateTime="2026-01-02")
        house = {"resourceType": "Organization", "id": "o", "name": "x"}
        rows = stored_resources([PATIENT, encounter, item, house], "imported")
        assert [(r.type, r.patient_id, r.encounter_id, r.department) for r in rows] == [
            ("Patient", "p", None, None),
            ("Encounter", "p", "e", "cardiology"),
            ("Observation", "p", "e", None),
            ("Organization", None, None, None),
        ]
        assert rows[2].body is item
        assert [r.at is not None for r in rows] == [False, True, True, False]
        assert {r.origin for r in rows} == {"imported"}

    def test_what_is_referred_to_and_not_held_can_be_added(self) -> None:
        resources = [
            PATIENT,
            observation(performer=[{"reference": "Practitioner/d"}, {"reference": "Patient/p"}]),
            observation("b", basedOn=[{"reference": "ServiceRequest/x"}]),
        ]
        assert referenced_elsewhere(resources, {"Practitioner"}) == [("Practitioner", "d")]
