"""How a DICOM object or peer is refused: which attribute, what is wrong; no patient text."""

from __future__ import annotations

from suwen.core.errors import InputError, IntegrationError
from suwen.core.language import Bilingual
from suwen.integration.dicom.tags import written


class DicomObjectError(InputError):
    """A DICOM object is not taken; ``field`` names the attribute, for example
    ``(0020,000D) StudyInstanceUID``.

    Attributes:
        tag: the attribute at fault, ``None`` where the object as a whole is.
    """

    def __init__(self, code: str, tag: int | None, message: Bilingual) -> None:
        super().__init__(code, message, field=written(tag) if tag is not None else None)
        self.tag = tag

    def __reduce__(self) -> tuple[type[DicomObjectError], tuple[str, int | None, Bilingual]]:
        # Refusals come back from the processes that read objects.
        return type(self), (self.code, self.tag, self.safe_message)


def refused(code: str, tag: int | None, zh: str, en: str) -> DicomObjectError:
    """A refusal whose message begins with the attribute's tag and keyword."""
    if tag is None:
        return DicomObjectError(code, None, Bilingual(zh=zh, en=en))
    name = written(tag)
    return DicomObjectError(code, tag, Bilingual(zh=f"{name}：{zh}", en=f"{name}: {en}"))


def peer_failed(code: str, zh: str, en: str, **detail: str | int) -> IntegrationError:
    """The failure of a conversation with another DICOM system; it may be tried again."""
    error = IntegrationError(code, Bilingual(zh=zh, en=en), detail=detail)
    error.retryable = True
    return error
