"""A draft or a signed record as PDF, by typst, with fonts out of a package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from suwen.core.errors import ConfigurationError, IntegrationError
from suwen.core.language import Bilingual
from suwen.integration.exports.printed import PrintedDocument, template_data

_TEMPLATE = Path(__file__).parent / "document.typ"
_FONT_PACKAGE = "justmytype_intl_cjk"


def render_pdf(source: PrintedDocument) -> bytes:
    """The PDF (PDF/A-2b, A4) of exactly what the content's text says.

    A draft carries a watermark on every page; a signed record the signatures with name, role,
    time and zone, version, hash and key. The AI label stands on the first page and in the
    file's metadata. Takes about 0.3 s of processor time; callers on an event loop use a thread.

    Raises:
        ConfigurationError: ``pdf_font_missing`` when the font package is not installed.
        IntegrationError: ``pdf_failed`` when the document cannot be set.
    """
    return typeset(_TEMPLATE, template_data(source), source.printed_at)


def typeset(template: Path, data: Mapping[str, Any], at: datetime) -> bytes:
    """The PDF (PDF/A-2b, A4) of a template with its data, which says that it was made at ``at``.

    Raises:
        ConfigurationError: ``pdf_font_missing``.
        IntegrationError: ``pdf_failed``.
    """
    # Loaded here: a service that never prints does not wait for the typesetter.
    import typst

    try:
        return typst.compile(
            template,
            font_paths=[font_folder()],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            pdf_standards="a-2b",
            # The engine takes whole seconds at a fixed offset only.
            timestamp=at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        # The engine's own message may repeat text of the document: it is not passed on.
        raise IntegrationError(
            "pdf_failed",
            Bilingual(zh="PDF 排版失败，请联系管理员。", en="The PDF could not be set."),
            detail={"hints": len(error.hints)},
        ) from None


@cache
def font_folder() -> Path:
    """Folder of the Noto Sans SC font inside the installed font package.

    Raises:
        ConfigurationError: ``pdf_font_missing``.
    """
    spec = find_spec(_FONT_PACKAGE)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    for root in roots:
        folder = Path(root) / "fonts" / "ofl" / "notosanssc"
        if any(folder.glob("*.ttf")):
            return folder
    raise ConfigurationError(
        "pdf_font_missing",
        Bilingual(
            zh="找不到中文字体包 justmytype-intl-cjk，请重新安装依赖。",
            en="The font package justmytype-intl-cjk is missing; install the dependencies again.",
        ),
    )
