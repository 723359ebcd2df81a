"""Why a file or a line could not be read in: what the curator is told; the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suwen.core.language import Bilingual


class RefusalCode(StrEnum):
    """Why nothing was taken from a file or a line."""

    EMPTY_FILE = "empty_file"
    NO_TEXT = "no_text"
    FILE_TOO_LARGE = "file_too_large"
    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_PAGES = "too_many_pages"
    IMAGE_TOO_LARGE = "image_too_large"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    NESTED_TOO_DEEP = "nested_too_deep"
    TOOK_TOO_LONG = "took_too_long"
    TOO_MUCH_MEMORY = "too_much_memory"
    UNSUPPORTED_FORMAT = "unsupported_format"
    CONTENT_DIFFERS = "content_differs_from_extension"
    UNKNOWN_ENCODING = "unknown_encoding"
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105 - names a refusal, holds no secret
    DAMAGED_FILE = "damaged_file"
    XML_ENTITIES = "xml_entities"
    PAGE_READER_MISSING = "page_reader_missing"
    UNREADABLE_IMAGE = "unreadable_image"
    CANNOT_OPEN = "cannot_open"
    LEADS_OUTSIDE = "leads_outside"
    NAME_UNUSABLE = "name_unusable"
    LINE_TOO_LONG = "line_too_long"
    LINE_NOT_JSON = "line_not_json"
    FIELD_MISSING = "field_missing"
    FIELD_WRONG = "field_wrong"
    FIELD_UNKNOWN = "field_unknown"
    COLUMNS_WRONG = "columns_wrong"
    DUPLICATE_ID = "duplicate_id"


_M = Bilingual
MESSAGES: dict[RefusalCode, Bilingual] = {
    RefusalCode.EMPTY_FILE: _M("文件为空。", "The file is empty."),
    RefusalCode.NO_TEXT: _M(
        "文件中没有可见文字，未导入。", "There is no visible text in it; nothing was taken in."
    ),
    RefusalCode.FILE_TOO_LARGE: _M(
        "文件超过允许的大小，请拆分后再导入。", "The file is larger than allowed; split it."
    ),
    RefusalCode.TEXT_TOO_LONG: _M(
        "文字超过单个文档允许的长度，请拆分。", "The text is longer than one document may be."
    ),
    RefusalCode.TOO_MANY_PAGES: _M(
        "页数超过允许的数量，请拆分。", "It has too many pages; split it."
    ),
    RefusalCode.IMAGE_TOO_LARGE: _M(
        "页面图像的像素数超过允许值，请降低分辨率。",
        "A page image has more pixels than allowed; scan it at a lower resolution.",
    ),
    RefusalCode.UNPACKS_TOO_LARGE: _M(
        "解压后的内容异常庞大，疑似压缩炸弹，未读取。",
        "It unpacks to far more than its size, as a zip bomb does; it was not read.",
    ),
    RefusalCode.NESTED_TOO_DEEP: _M(
        "内容嵌套层次过深，未读取。", "Its contents are nested too deeply; it was not read."
    ),
    RefusalCode.TOOK_TOO_LONG: _M(
        "读取超过时间上限，已中止。", "Reading it took longer than allowed and was stopped."
    ),
    RefusalCode.TOO_MUCH_MEMORY: _M(
        "读取时超过内存上限或读取程序异常终止，已中止。",
        "Reading it needed more memory than allowed, or the reader broke on it; it was stopped.",
    ),
    RefusalCode.UNSUPPORTED_FORMAT: _M(
        "不支持此格式；可用 PDF、DOCX、HTML、Markdown、TXT、PNG、JPEG、TIFF、JSONL、CSV。",
        "This format is not read; PDF, DOCX, HTML, Markdown, text, PNG, JPEG, TIFF, JSON Lines "
        "and CSV are.",
    ),
    RefusalCode.CONTENT_DIFFERS: _M(
        "文件内容与扩展名不符，请改正扩展名后再导入。",
        "The content is not what the file's extension says; correct the extension.",
    ),
    RefusalCode.UNKNOWN_ENCODING: _M(
        "无法确定文字编码；请另存为 UTF-8（也可用 GB18030 或带 BOM 的 UTF-16）。",
        "The encoding of the text cannot be told; save it as UTF-8 (GB18030, or UTF-16 with a "
        "byte order mark, will do as well).",
    ),
    RefusalCode.PASSWORD_PROTECTED: _M(
        "文件设有密码，请导入未加密的版本。",
        "The file is protected by a password; remove it first.",
    ),
    RefusalCode.DAMAGED_FILE: _M(
        "文件已损坏或不完整，请重新获取。", "The file is damaged or cut short; fetch it again."
    ),
    RefusalCode.XML_ENTITIES: _M(
        "文件内含 XML 文档类型或实体声明，可能是攻击，未读取。",
        "The file declares XML entities, as attacks do; it was not read.",
    ),
    RefusalCode.PAGE_READER_MISSING: _M(
        "此文件含扫描页，而本次导入未启用文字识别。",
        "It has scanned pages, and reading of page images is not available here.",
    ),
    RefusalCode.UNREADABLE_IMAGE: _M("页面图像无法识别。", "A page image of it cannot be read."),
    RefusalCode.CANNOT_OPEN: _M("文件不存在或无权读取。", "The file is absent or may not be read."),
    RefusalCode.LEADS_OUTSIDE: _M(
        "符号链接指向导入文件夹之外，未读取。",
        "It is a link that leads outside the folder being imported; it was not followed.",
    ),
    RefusalCode.NAME_UNUSABLE: _M(
        "文件名过长、为空或与另一文件相同，请改名后再导入。",
        "The file's name is too long, empty or the same as another's; rename it.",
    ),
    RefusalCode.LINE_TOO_LONG: _M("此行超过允许的长度。", "The line is longer than allowed."),
    RefusalCode.LINE_NOT_JSON: _M(
        "此行不是有效的 JSON 对象。", "The line is not a valid JSON object."
    ),
    RefusalCode.FIELD_MISSING: _M("缺少必填字段。", "A required field is missing."),
    RefusalCode.FIELD_WRONG: _M("字段的值不符合要求。", "The value of a field is not allowed."),
    RefusalCode.FIELD_UNKNOWN: _M(
        "字段名疑似拼写错误；为避免权限或有效期失效，整行未导入。",
        "The name of a field looks misspelt; the line was left out, lest a right be lost.",
    ),
    RefusalCode.COLUMNS_WRONG: _M(
        "此行的列数与表头不符。", "The line has not as many columns as the header."
    ),
    RefusalCode.DUPLICATE_ID: _M(
        "同一文件中此编号已出现过，只保留第一次。",
        "The same id stands earlier in the file; only the first was taken.",
    ),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file, or one line of it, from which nothing was taken.

    Attributes:
        file: path below the imported folder, or the name of the file.
        line: number of the line, from 1, where the file is read by lines.
        field: name of the field at fault, where one is.
    """

    file: str
    code: RefusalCode
    message: Bilingual
    line: int | None = None
    field: str | None = None


class UnreadableFileError(Exception):
    """Carries a refusal from the depth of a reader to the edge of reading; never leaves it."""

    def __init__(self, code: RefusalCode, hint: Bilingual | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.hint = hint


def refusal(
    file: str,
    code: RefusalCode,
    hint: Bilingual | None = None,
    *,
    line: int | None = None,
    field: str | None = None,
) -> Refusal:
    """A refusal in words: where, why, and how to mend it.

    Args:
        hint: what exactly is expected; never a value out of the file.
    """
    base = MESSAGES[code]
    zh, en = base.zh, base.en
    if hint is not None:
        zh, en = f"{zh}{hint.zh}", f"{en} {hint.en}"
    if field is not None:
        zh, en = f"字段 {field}：{zh}", f"Field {field}: {en}"
    if line is not None:
        zh, en = f"第 {line} 行：{zh}", f"Line {line}: {en}"
    return Refusal(file, code, Bilingual(zh, en), line, field)
