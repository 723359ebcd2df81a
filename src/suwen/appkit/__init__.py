"""What an application is made of, and all that it may import besides clinical and language."""

from suwen.appkit.prompts import Prompt, load_prompts
from suwen.appkit.rules import Rule
from suwen.core.application import (
    Application,
    CoreResult,
    KnowledgeQuery,
    ModelAnswer,
    Plan,
    PromptSpec,
    RecordRead,
)
from suwen.core.document import (
    Document,
    DocumentField,
    Draft,
    Section,
    Statement,
    StatementOrigin,
)
from suwen.core.document_form import document_as_json, document_text, finding_as_json
from suwen.core.errors import ClinicalDataError, InputError, PreconditionError
from suwen.core.finding import (
    Confidence,
    Evidence,
    EvidenceKind,
    Finding,
    Severity,
    Source,
    Span,
)
from suwen.core.knowledge import Passage
from suwen.core.language import Bilingual, Language
from suwen.core.record import PatientRecord

__all__ = [
    "Application",
    "Bilingual",
    "ClinicalDataError",
    "Confidence",
    "CoreResult",
    "Document",
    "DocumentField",
    "Draft",
    "Evidence",
    "EvidenceKind",
    "Finding",
    "InputError",
    "KnowledgeQuery",
    "Language",
    "ModelAnswer",
    "Passage",
    "PatientRecord",
    "Plan",
    "PreconditionError",
    "Prompt",
    "PromptSpec",
    "RecordRead",
    "Rule",
    "Section",
    "Severity",
    "Source",
    "Span",
    "Statement",
    "StatementOrigin",
    "document_as_json",
    "document_text",
    "finding_as_json",
    "load_prompts",
]
