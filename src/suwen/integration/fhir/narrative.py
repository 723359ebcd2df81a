"""Narrative documents of the record as plain text: attachments and Composition sections."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

from suwen.integration.fhir.problems import refused

_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
_HIDDEN = frozenset({"script", "style", "head"})
_TEXT_TYPES = ("text/plain", "text/html", "text/markdown", "application/xhtml+xml")


class _Text(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Starts a new line at a block."""
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Ends a block's line."""
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BLOCKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Keeps visible text."""
        if not self._hidden:
            self.pieces.append(data)


def text_of_markup(markup: str) -> str:
    """What a reader sees of HTML or XHTML."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def attachment_text(resource: Mapping[str, Any]) -> str:
    """Text of a DocumentReference's text attachments; other kinds (PDF, images) give none.

    Raises:
        InputError: ``attachment_damaged`` when the data are not base64 or not in their charset.
    """
    texts = []
    for index, content in enumerate(resource["content"]):
        attachment = content["attachment"]
        kind, _, parameters = str(attachment.get("contentType", "")).partition(";")
        data = attachment.get("data")
        if data is None or kind.strip().lower() not in _TEXT_TYPES:
            continue
        path = f"DocumentReference.content[{index}].attachment.data"
        text = _decoded(data, _charset(parameters), path)
        texts.append(text if kind.strip().lower() == "text/plain" else text_of_markup(text))
    return "\n".join(texts).replace("\r\n", "\n")


def composition_text(resource: Mapping[str, Any]) -> str:
    """Text of all sections of a Composition, each under its title."""
    return "\n".join(_section_texts(resource.get("section") or ()))


def _section_texts(sections: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for section in sections:
        if section.get("title"):
            yield str(section["title"])
        markup = (section.get("text") or {}).get("div")
        if markup:
            yield text_of_markup(str(markup))
        yield from _section_texts(section.get("section") or ())


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"


def _decoded(data: str, charset: str, path: str) -> str:
    try:
        return base64.b64decode("".join(data.split()), validate=True).decode(charset)
    except (binascii.Error, UnicodeDecodeError, LookupError, ValueError):
        raise refused(
            "attachment_damaged",
            path,
            "不是有效的 base64，或与声明的字符集不符。",
            "Not valid base64, or not in the charset that is stated.",
        ) from None
