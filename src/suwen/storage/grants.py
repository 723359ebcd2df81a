"""What the service role of a partition may do with each table; whatever is not here it may not."""

from __future__ import annotations

from collections.abc import Mapping

from suwen.core.manifest import Partition

_READ_AND_ADD = "SELECT, INSERT"
_READ_ADD_CHANGE = "SELECT, INSERT, UPDATE"
_ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE"

_BOTH: Mapping[str, str] = {
    "draft": _READ_ADD_CHANGE,
    "draft_version": _READ_AND_ADD,
    "sign_off": _READ_AND_ADD,
    "signed_record": _READ_AND_ADD,
    "endpoint": _ALL_ROWS,
    "release": _READ_ADD_CHANGE,
    "suspension": _READ_ADD_CHANGE,
    "gate_result": _READ_AND_ADD,
    "model_binding": _READ_ADD_CHANGE,
    "release_act": _READ_AND_ADD,
    "shadow_case": "SELECT, INSERT, DELETE",
    "trace": _READ_ADD_CHANGE,
    "trace_stage": _READ_AND_ADD,
    "trace_event": "SELECT, INSERT, DELETE",
    "audit_event": _READ_AND_ADD,
    "audit_checkpoint": _READ_AND_ADD,
    "setting": _READ_ADD_CHANGE,
    "data_key": _READ_ADD_CHANGE,
    "legal_hold": _READ_ADD_CHANGE,
    "erasure": _READ_ADD_CHANGE,
    "monitor_cell": "SELECT, INSERT, DELETE",
    "monitor_day": _READ_ADD_CHANGE,
    "monitor_alarm": _READ_ADD_CHANGE,
    "suwen_version": "SELECT",
}

_GENERAL_ONLY: Mapping[str, str] = {
    "resource": _READ_ADD_CHANGE,
    "resource_history": _READ_AND_ADD,
    "patient": _READ_ADD_CHANGE,
    "care_encounter": _READ_ADD_CHANGE,
    "person": _READ_ADD_CHANGE,
    "session": _ALL_ROWS,
    "login_failure": "SELECT, INSERT, DELETE",
    "emergency_access": _READ_ADD_CHANGE,
    "second_factor": _ALL_ROWS,
    "recovery_code": _ALL_ROWS,
    "register_entry": _READ_AND_ADD,
    "rule_proposal": _READ_ADD_CHANGE,
    "knowledge_collection": _READ_ADD_CHANGE,
    "knowledge_document": _READ_ADD_CHANGE,
    "knowledge_document_version": _READ_AND_ADD,
    "knowledge_blob": _READ_AND_ADD,
    "knowledge_passage": "SELECT, INSERT, DELETE",
    "knowledge_vector": "SELECT, INSERT, DELETE",
    "knowledge_edition": _READ_ADD_CHANGE,
    "connection": _ALL_ROWS,
    "connection_health": _ALL_ROWS,
    "error_sample": _ALL_ROWS,
    "inbound_message": _READ_ADD_CHANGE,
    "inbound_edit": _READ_AND_ADD,
    "outbound_message": _READ_ADD_CHANGE,
    "connection_cursor": _READ_ADD_CHANGE,
    "patient_link": _READ_ADD_CHANGE,
    "patient_link_history": _READ_AND_ADD,
    "matched_patient": _READ_ADD_CHANGE,
    "patient_number": _ALL_ROWS,
    "patient_match": _READ_ADD_CHANGE,
    "api_client": _READ_ADD_CHANGE,
    "api_client_usage": _READ_ADD_CHANGE,
    "api_client_till": _READ_ADD_CHANGE,
    "launch": _ALL_ROWS,
    "used_token": "SELECT, INSERT, DELETE",
    "pending_authorization": "SELECT, INSERT, DELETE",
    "external_identity": _ALL_ROWS,
    "external_session": "SELECT, INSERT, DELETE",
    "card_feedback": _READ_AND_ADD,
    "dicom_instance": _READ_ADD_CHANGE,
    "dicom_study": _READ_ADD_CHANGE,
    "dicom_commitment": _READ_ADD_CHANGE,
    "bulk_run": _READ_AND_ADD,
    "bulk_item": _READ_ADD_CHANGE,
    "evaluation_run": _READ_ADD_CHANGE,
    "evaluation_case": _READ_ADD_CHANGE,
    "evaluation_suite": _READ_AND_ADD,
    "quality_stay": _READ_AND_ADD,
    "quality_finding": _READ_ADD_CHANGE,
    "quality_step": _READ_AND_ADD,
    "prescription": _READ_ADD_CHANGE,
    "prescription_finding": _READ_ADD_CHANGE,
    "prescription_step": _READ_AND_ADD,
    "prescription_arrival": _READ_ADD_CHANGE,
    "rule_answer": _READ_ADD_CHANGE,
    "rule_suppression": _READ_ADD_CHANGE,
    "answerable": _READ_AND_ADD,
    "disagreement": _READ_ADD_CHANGE,
    "first_opinion": _READ_AND_ADD,
    "opinion_comparison": _READ_AND_ADD,
    "planted_check": _READ_ADD_CHANGE,
    "training_record": _READ_ADD_CHANGE,
    "disclosure": _READ_ADD_CHANGE,
    "review_case": _READ_AND_ADD,
    "review_judgement": _READ_AND_ADD,
    "incident": _READ_AND_ADD,
    "incident_entry": _READ_AND_ADD,
    "incident_words": _READ_AND_ADD,
    "hospital_figure": _READ_AND_ADD,
}

_DEVICE_ONLY: Mapping[str, str] = {
    "patient_chat": _ALL_ROWS,
    "table_edition": _READ_ADD_CHANGE,
}

_FUNCTIONS = (
    "suwen_remove_draft(text, timestamp with time zone)",
    "suwen_reseal(text, text, integer, text, text)",
    "suwen_erase(text, timestamp with time zone)",
)
_FUNCTIONS_GENERAL_ONLY = (
    "suwen_remove_messages(timestamp with time zone, integer)",
    "suwen_reseal_history(text, text, integer, text, text)",
    "suwen_marked(bigint[])",
    "suwen_erase_document(text, text)",
)


def table_grants(partition: Partition) -> Mapping[str, str]:
    """Privileges of the partition's service role, by table."""
    own = _GENERAL_ONLY if partition is Partition.GENERAL else _DEVICE_ONLY
    return {**_BOTH, **own}


def functions(partition: Partition) -> tuple[str, ...]:
    """What the partition's service role may call, of what acts with the owner's rights."""
    if partition is Partition.GENERAL:
        return _FUNCTIONS + _FUNCTIONS_GENERAL_ONLY
    return _FUNCTIONS


def grant_statements(partition: Partition, role: str, database: str) -> list[str]:
    """SQL that takes everything from everybody and gives the role what it needs.

    Args:
        role: the service role's name, quoted.
        database: the database's name, quoted.
    """
    statements = [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
    ]
    for table, privileges in table_grants(partition).items():
        statements.append(f"REVOKE ALL ON {table} FROM PUBLIC, {role}")
        statements.append(f"GRANT {privileges} ON {table} TO {role}")
    for function in functions(partition):
        statements.append(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
    return statements
