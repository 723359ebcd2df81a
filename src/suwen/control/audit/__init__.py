"""The audit: durable before any effect, chained, signed, anchored outside, and verifiable."""

from suwen.control.audit.anchor import Anchor, AnchorReading, FileAnchor, SyslogAnchor, open_anchor
from suwen.control.audit.export import export_chain, verify_file
from suwen.control.audit.fhir import audit_event_resource, export_fhir
from suwen.control.audit.report import VerifyReport
from suwen.control.audit.signing import KeyFileSigner, KeyRecord
from suwen.control.audit.verification import verify_chain, verify_store
from suwen.control.audit.writer import AuditStatus, AuditWriter, GroupCommit

__all__ = [
    "Anchor",
    "AnchorReading",
    "AuditStatus",
    "AuditWriter",
    "FileAnchor",
    "GroupCommit",
    "KeyFileSigner",
    "KeyRecord",
    "SyslogAnchor",
    "VerifyReport",
    "audit_event_resource",
    "export_chain",
    "export_fhir",
    "open_anchor",
    "verify_chain",
    "verify_file",
    "verify_store",
]
