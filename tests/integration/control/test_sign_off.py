"""From a draft to a signed record: who may, on exactly what, and what stays of it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from suwen.control.access.authentication import Proof
from suwen.control.gateway.run_types import RunOptions
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.control.gateway.signing import verify_signature
from suwen.control.governance.kill_switch import suspend
from suwen.core.audit import AuditOutcome
from suwen.core.draft import Decision, DraftStatus, RejectReason
from suwen.core.errors import (
    AccessError,
    AuthenticationError,
    ConflictError,
    GovernanceError,
    InputError,
    NotFoundError,
    PreconditionError,
    SuwenError,
)
from suwen.core.identity import DraftId, Purpose, batch_principal
from suwen.core.manifest import SignOffRule
from tests.integration.control.conftest import PASSWORD, Ward
from tests.support.applications import (
    MANIFEST,
    NOTE_WRITER,
    NOW,
    patient_resources,
    person,
    stored,
)

OpenWard = Callable[..., Awaitable[Ward]]


async def not_signed(ward: Ward, kind: type[SuwenError], account: str, **changes: object) -> str:
    """Tries to sign a fresh draft; it must stay a draft."""
    draft = changes.pop("on", None) or await ward.draft()
    request = ward.signing(draft, account, **changes)
    with pytest.raises(kind) as refused:
        await ward.desk.sign(ward.principals[account], request)
    kept = await ward.site.parts.drafts.read(draft.id)
    assert kept.status is draft.status
    assert await ward.site.parts.drafts.signed_versions(draft.id) == []
    return refused.value.code


async def test_who_reads_no_drafts_does_not_learn_which_there_are(ward: Ward) -> None:
    there = (await ward.draft()).id
    for draft in (there, DraftId("nothing")):
        with pytest.raises(AccessError) as refused:
            await ward.desk.open_draft(ward.principals["it.sun"], draft)
        assert refused.value.code == "not_permitted"
        with pytest.raises(NotFoundError) as missing:
            await ward.desk.open_draft(batch_principal("root"), draft)
        assert missing.value.code == "no_such_draft"
    with pytest.raises(AccessError) as refused:
        await ward.desk.open_draft(ward.principals["dr.wu"], there)
    assert refused.value.code == "no_care_relationship"


async def test_a_physician_signs_exactly_what_was_shown(ward: Ward) -> None:
    draft = await ward.draft()
    signature = await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))

    assert signature.record is not None
    assert signature.record.content == draft.content
    assert signature.record.content_hash == draft.content_hash
    assert signature.sign_off.decision is Decision.ACCEPT
    assert signature.sign_off.edit_distance == 0
    assert signature.draft.status is DraftStatus.SIGNED
    assert verify_signature(signature.sign_off, ward.signer)
    altered = dataclasses.replace(signature.sign_off, signer_name="Somebody else")
    assert not verify_signature(altered, ward.signer)
    assert ward.site.audit.told[-2:] == [
        ("draft.sign", AuditOutcome.OPENED),
        ("draft.sign", AuditOutcome.DONE),
    ]
    assert "Zhang" not in repr(ward.site.audit.events)


async def test_another_version_or_hash_than_the_one_shown_is_not_signed(ward: Ward) -> None:
    assert await not_signed(ward, ConflictError, "dr.lin", version=2) == "draft_changed"
    assert await not_signed(ward, ConflictError, "dr.lin", content_hash="0" * 64) == "draft_changed"
    draft = await ward.draft()
    await ward.desk.save(ward.principals["dr.zhou"], draft.id, 1, {"results": "Unremarkable."})
    with pytest.raises(ConflictError):
        await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ("n.qian", "not_permitted"),
        ("dr.wu", "no_care_relationship"),
        ("q.tang", "not_permitted"),
        ("it.sun", "not_permitted"),
    ],
)
async def test_who_may_not_sign(ward: Ward, account: str, code: str) -> None:
    assert await not_signed(ward, AccessError, account) == code
    assert ward.site.audit.told[-1] == ("draft.sign_draft", AuditOutcome.REFUSED)


async def test_a_service_never_signs(ward: Ward) -> None:
    draft = await ward.draft()
    with pytest.raises(AccessError) as refused:
        await ward.desk.sign(batch_principal("root"), ward.signing(draft))
    assert refused.value.code == "only_people_sign"


async def test_a_signature_needs_the_signers_own_proof(ward: Ward) -> None:
    async def fails(proof: Proof) -> str:
        return await not_signed(ward, AuthenticationError, "dr.lin", proof=proof)

    assert await fails(Proof()) == "proof_missing"
    assert await fails(Proof(token=ward.tokens["dr.zhou"])) == "proof_of_another"
    assert await fails(Proof(token="made-up")) == "session_ended"
    assert await fails(Proof(password="wrong password")) == "credentials_wrong"
    await ward.authenticator.sign_out(ward.tokens["dr.lin"])
    assert await fails(Proof(token=ward.tokens["dr.lin"])) == "session_ended"
    draft = await ward.draft()
    request = ward.signing(draft, proof=Proof(password=PASSWORD))
    assert (await ward.desk.sign(ward.principals["dr.lin"], request)).record is not None


async def test_unsupported_statements_must_have_been_looked_at(ward: Ward) -> None:
    draft = await ward.draft(extra=["He feels better.", "Sodium 999."], severity="major")
    code = await not_signed(
        ward, PreconditionError, "dr.lin", on=draft, acknowledged=frozenset({"results.2"})
    )
    assert code == "open_items"
    with pytest.raises(PreconditionError) as refused:
        await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))
    assert refused.value.detail["open"] == 3
    seen = frozenset({"results.2", "results.3", "finding.1"})
    request = ward.signing(draft, acknowledged=seen)
    assert (await ward.desk.sign(ward.principals["dr.lin"], request)).record is not None


async def test_a_minor_finding_does_not_hold_a_signature_back(ward: Ward) -> None:
    draft = await ward.draft(severity="minor")
    signature = await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))
    assert signature.record is not None


async def test_a_draft_is_signed_once(ward: Ward) -> None:
    draft = await ward.draft()
    await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))
    with pytest.raises(ConflictError):
        await ward.desk.sign(ward.principals["dr.zhou"], ward.signing(draft, "dr.zhou"))
    assert len(await ward.site.parts.drafts.signed_versions(draft.id)) == 1


async def test_an_edit_is_checked_again_and_signed_as_amended(ward: Ward) -> None:
    lin = ward.principals["dr.lin"]
    draft = await ward.draft()
    text = "Potassium was 5.1 mmol/L. Potassium was 6.9 mmol/L."
    saved = await ward.desk.save(lin, draft.id, 1, {"results": text})

    section = saved.content["result"]["document"]["sections"][1]
    assert section["text"] == text
    assert text in saved.content["result"]["document"]["text"]
    found = [(s["origin"], s["supported"]) for s in section["statements"]]
    assert found == [("rule", True), ("person", False)]
    assert section["statements"][0]["evidence"][0]["reference"] == "Observation/p1-k1"
    assert saved.version == 2

    request = ward.signing(saved, acknowledged=frozenset({"results.2"}))
    signature = await ward.desk.sign(lin, request)
    assert signature.sign_off.decision is Decision.AMEND
    assert signature.sign_off.edit_distance == len(" Potassium was 6.9 mmol/L.")
    history = await ward.desk.history(lin, draft.id)
    assert "+Potassium was 5.1 mmol/L. Potassium was 6.9 mmol/L." in history.differences
    versions = await ward.site.parts.drafts.versions(draft.id)
    assert [v.version for v in versions] == [1, 2]


async def test_a_changed_field_is_the_persons_and_is_checked(ward: Ward) -> None:
    draft = await ward.draft()
    saved = await ward.desk.save(
        ward.principals["dr.lin"], draft.id, 1, {"patient": "Name: Zhang Wei 7"}
    )
    section = saved.content["result"]["document"]["sections"][0]
    assert section["fields"][0]["value"] == "Zhang Wei 7"
    assert section["fields"][0]["evidence"] == []
    assert section["statements"][0]["supported"] is False


async def test_two_people_do_not_overwrite_each_other(ward: Ward) -> None:
    draft = await ward.draft()
    await ward.desk.save(ward.principals["dr.lin"], draft.id, 1, {"results": "Potassium 5.1."})
    with pytest.raises(ConflictError) as refused:
        await ward.desk.save(ward.principals["dr.zhou"], draft.id, 1, {"results": "Mine."})
    assert refused.value.detail["version"] == 2
    again = await ward.desk.save(ward.principals["dr.zhou"], draft.id, 2, {"results": "Mine."})
    assert again.version == 3


async def test_an_edit_of_an_unknown_section_is_refused(ward: Ward) -> None:
    draft = await ward.draft()
    with pytest.raises(InputError) as refused:
        await ward.desk.save(ward.principals["dr.lin"], draft.id, 1, {"nothing": "x"})
    assert refused.value.field == "sections.nothing"
    assert ward.site.audit.told[-1] == ("draft.save", AuditOutcome.FAILED)


async def test_a_rejection_has_a_coded_reason(ward: Ward) -> None:
    draft = await ward.draft()
    lin = ward.principals["dr.lin"]
    with pytest.raises(InputError):
        await ward.desk.reject(lin, draft.id, 1, RejectReason.OTHER)
    rejected = await ward.desk.reject(lin, draft.id, 1, RejectReason.FACTUALLY_WRONG, "dose")
    assert rejected.status is DraftStatus.REJECTED
    (decision,) = await ward.site.parts.drafts.sign_offs(draft.id)
    assert (decision.decision, decision.reason) == (Decision.REJECT, RejectReason.FACTUALLY_WRONG)
    assert await not_signed(ward, ConflictError, "dr.lin", on=rejected) == "draft_changed"


async def test_an_escalated_draft_waits_for_a_superior(ward: Ward) -> None:
    draft = await ward.draft()
    escalated = await ward.desk.escalate(ward.principals["dr.lin"], draft.id, 1, "unsure of dose")
    assert escalated.status is DraftStatus.ESCALATED
    code = await not_signed(ward, AccessError, "dr.lin", on=escalated)
    assert code == "an_escalated_draft_waits_for_a_superior"
    chief = ward.signing(escalated, "chief.he")
    signature = await ward.desk.sign(ward.principals["chief.he"], chief)
    assert signature.draft.status is DraftStatus.SIGNED


async def test_a_superior_cosigns_and_only_then_there_is_a_record(open_ward: OpenWard) -> None:
    ward = await open_ward(manifest=dataclasses.replace(MANIFEST, co_sign=True))
    draft = await ward.draft()
    first = await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))
    assert first.record is None
    assert first.draft.status is DraftStatus.AWAITING_COSIGN
    with pytest.raises(AccessError):
        await ward.desk.cosign(ward.principals["dr.zhou"], ward.signing(draft, "dr.zhou"))
    chief = ward.principals["chief.he"]
    second = await ward.desk.cosign(chief, ward.signing(draft, "chief.he"))
    assert second.record is not None
    assert [s.signer for s in second.record.sign_offs] == ["dr.lin", "chief.he"]


async def test_a_signer_may_ask_for_a_second_signature_but_not_give_it(ward: Ward) -> None:
    draft = await ward.draft()
    chief = ward.principals["chief.he"]
    request = ward.signing(draft, "chief.he", cosign_wanted=True)
    first = await ward.desk.sign(chief, request)
    assert first.draft.status is DraftStatus.AWAITING_COSIGN
    with pytest.raises(PreconditionError) as refused:
        await ward.desk.cosign(chief, ward.signing(draft, "chief.he"))
    assert refused.value.code == "cosign_by_another"


async def test_an_edit_while_a_second_signature_is_awaited_takes_the_first_back(ward: Ward) -> None:
    draft = await ward.draft()
    await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft, cosign_wanted=True))
    saved = await ward.desk.save(
        ward.principals["chief.he"], draft.id, 1, {"results": "Potassium 5.1."}
    )
    assert saved.status is DraftStatus.DRAFT
    with pytest.raises(ConflictError) as refused:
        await ward.desk.cosign(ward.principals["chief.he"], ward.signing(saved, "chief.he"))
    assert refused.value.code == "not_awaiting_cosign"


async def test_an_amendment_supersedes_and_keeps_the_former_record(ward: Ward) -> None:
    lin = ward.principals["dr.lin"]
    draft = await ward.draft()
    first = (await ward.desk.sign(lin, ward.signing(draft))).record
    with pytest.raises(AccessError):
        await ward.desk.amend(ward.principals["n.qian"], draft.id, 1)
    await ward.desk.amend(lin, draft.id, 1)
    saved = await ward.desk.save(lin, draft.id, 1, {"results": "Potassium was 5.1."})
    second = (await ward.desk.sign(lin, ward.signing(saved))).record
    assert first is not None
    assert second is not None
    assert (second.number, second.supersedes) == (2, first.id)
    assert await ward.site.parts.drafts.signed_versions(draft.id) == [first, second]


async def test_a_suspended_applications_drafts_are_not_signed(ward: Ward) -> None:
    draft = await ward.draft()
    await suspend(ward.site.parts.releases, NOTE_WRITER, "wrong", person().id, NOW)
    assert await not_signed(ward, GovernanceError, "dr.lin", on=draft) == "application_suspended"


async def test_what_needs_no_signature_is_not_signed(open_ward: OpenWard) -> None:
    ward = await open_ward(manifest=dataclasses.replace(MANIFEST, sign_off=SignOffRule.NONE))
    assert await not_signed(ward, AccessError, "dr.lin") == "not_permitted"


async def test_copied_text_carries_its_label_and_is_audited_before(ward: Ward) -> None:
    draft = await ward.draft()
    lin = ward.principals["dr.lin"]
    copied = await ward.desk.copy_text(lin, draft.id)
    assert copied.text.startswith(draft.content["label"]["visible_en"])
    assert "Unsigned" in copied.text
    assert ward.site.audit.told[-1] == ("draft.copy", AuditOutcome.DONE)
    await ward.desk.sign(lin, ward.signing(draft))
    assert "Signed: dr.lin" in (await ward.desk.copy_text(lin, draft.id)).text
    ward.site.audit.broken_after = 0
    with pytest.raises(SuwenError) as refused:
        await ward.desk.copy_text(lin, draft.id)
    assert refused.value.category == "audit"


async def test_without_an_audit_nothing_is_signed(ward: Ward) -> None:
    draft = await ward.draft()
    ward.site.audit.broken_after = 0
    with pytest.raises(SuwenError) as refused:
        await ward.desk.sign(ward.principals["dr.lin"], ward.signing(draft))
    assert refused.value.category == "audit"
    assert (await ward.site.parts.drafts.read(draft.id)).status is DraftStatus.DRAFT


async def test_people_see_the_drafts_of_their_patients(ward: Ward) -> None:
    draft = await ward.draft()
    mine = await ward.desk.list(ward.principals["dr.zhou"])
    assert [d.id for d in mine] == [draft.id]
    assert await ward.desk.list(ward.principals["dr.wu"]) == []
    assert [d.id for d in await ward.desk.list(ward.principals["q.tang"])] == [draft.id]
    with pytest.raises(AccessError):
        await ward.desk.list(ward.principals["it.sun"])
    with pytest.raises(AccessError):
        await ward.desk.open_draft(ward.principals["dr.wu"], draft.id)
    assert (await ward.desk.open_draft(ward.principals["n.qian"], draft.id)).id == draft.id


async def test_who_brought_a_record_finds_and_signs_its_draft(ward: Ward) -> None:
    resources = patient_resources("b1")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in resources],
    }
    lin, zhou = ward.principals["dr.lin"], ward.principals["dr.zhou"]
    run = await ward.site.gateway.run(lin, NOTE_WRITER, {"bundle": bundle}, RunOptions(store=True))
    (draft,) = await ward.desk.list(lin, owner=lin.id)
    assert draft.id == run.draft_id
    assert await ward.desk.list(zhou) == await ward.desk.list(zhou, owner=zhou.id) == []
    with pytest.raises(AccessError):
        await ward.desk.open_draft(zhou, draft.id)
    saved = await ward.desk.save(lin, draft.id, 1, {"results": "Potassium was 5.1."})
    statement = saved.content["result"]["document"]["sections"][1]["statements"][0]
    assert statement["supported"] is False, "the record was not kept, nothing new rests on it"
    request = ward.signing(saved, acknowledged=frozenset({"results.1"}))
    assert (await ward.desk.sign(lin, request)).record is not None


async def test_a_list_of_own_drafts_leaves_out_patients_of_others(ward: Ward) -> None:
    lin = ward.principals["dr.lin"]
    await ward.draft()
    assert len(await ward.desk.list(lin, owner=lin.id)) == 1
    moved = dataclasses.replace(lin, departments=frozenset({"surgery"}))
    assert await ward.desk.list(moved, owner=lin.id) == []


async def test_the_quality_office_reads_and_changes_nothing(ward: Ward) -> None:
    draft = await ward.draft()
    officer = ward.principals["q.tang"]
    assert officer.purpose is Purpose.QUALITY
    assert (await ward.desk.open_draft(officer, draft.id)).id == draft.id
    with pytest.raises(AccessError):
        await ward.desk.save(officer, draft.id, 1, {"results": "x"})
    with pytest.raises(AccessError):
        await ward.desk.copy_text(officer, draft.id)


async def test_care_ends_30_days_after_the_encounter(ward: Ward) -> None:
    ended = patient_resources("p9")
    ended[1]["status"] = "finished"
    ended[1]["period"]["end"] = (NOW - timedelta(days=29)).isoformat()
    await ward.site.parts.records.import_unit(stored(ended))
    assert (await ward.draft(patient_id="p9")).patient == "p9"
    ward.site.clock.forward(timedelta(days=2))
    with pytest.raises(AccessError) as refused:
        await ward.draft(patient_id="p9")
    assert refused.value.code == "no_care_relationship"


def test_no_door_signs_several_drafts() -> None:
    for name, method in inspect.getmembers(SignOffDesk, inspect.isfunction):
        if name in ("sign", "cosign"):
            assert list(inspect.signature(method).parameters) == ["self", "principal", "request"]
    assert not [name for name in vars(SignOffDesk) if "bulk" in name or "all" in name]
