"""How a message is refused: the acknowledgement, the standard's condition, segment and field.

Source: HL7 v2.5.1, 2.9.2 (when to accept, err and reject), table 0008 (acknowledgement codes),
table 0357 (message error condition codes).
"""

from __future__ import annotations

from enum import StrEnum

from suwen.core.errors import InputError
from suwen.core.language import Bilingual


class Condition(StrEnum):
    """What is wrong with a message. Source: HL7 v2.5.1, table 0357."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD_MISSING = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    UNSUPPORTED_TYPE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_PROCESSING = "202"
    UNSUPPORTED_VERSION = "203"
    DUPLICATE_KEY = "205"
    INTERNAL = "207"


CONDITION_TEXTS = {
    Condition.SEGMENT_SEQUENCE: "Segment sequence error",
    Condition.REQUIRED_FIELD_MISSING: "Required field missing",
    Condition.DATA_TYPE: "Data type error",
    Condition.TABLE_VALUE: "Table value not found",
    Condition.UNSUPPORTED_TYPE: "Unsupported message type",
    Condition.UNSUPPORTED_EVENT: "Unsupported event code",
    Condition.UNSUPPORTED_PROCESSING: "Unsupported processing id",
    Condition.UNSUPPORTED_VERSION: "Unsupported version id",
    Condition.DUPLICATE_KEY: "Duplicate key identifier",
    Condition.INTERNAL: "Application internal error",
}

#: Conditions for which the receiver rejects (AR) instead of reporting an error (AE).
_REJECTED = frozenset(
    {
        Condition.UNSUPPORTED_TYPE,
        Condition.UNSUPPORTED_EVENT,
        Condition.UNSUPPORTED_PROCESSING,
        Condition.UNSUPPORTED_VERSION,
        Condition.DUPLICATE_KEY,
        Condition.INTERNAL,
    }
)


class MessageRefusedError(InputError):
    """A message cannot be taken; ``field`` is the place, for example ``PID-3`` or ``OBX[2]-5``.

    Attributes:
        condition: the standard's name for what is wrong.
        acknowledgement: ``AE`` (the content is wrong) or ``AR`` (it cannot be handled here).
    """

    def __init__(
        self,
        code: str,
        message: Bilingual,
        where: str,
        condition: Condition,
        *,
        rejected: bool | None = None,
    ) -> None:
        super().__init__(code, message, field=where, detail={"condition": str(condition)})
        self.condition = condition
        self.where = where
        reject = condition in _REJECTED if rejected is None else rejected
        self.acknowledgement = "AR" if reject else "AE"


def missing(where: str, *, rejected: bool = False) -> MessageRefusedError:
    """The refusal of a message that lacks a field which its mapping cannot do without."""
    return MessageRefusedError(
        "hl7_field_missing",
        Bilingual(
            zh=f"{where}：必填字段为空。请由发送方补上，或在该通道的映射文件中声明默认值。",
            en=f"{where}: the field is required and empty. Have the sender fill it, or declare a "
            "default in the channel's mapping file.",
        ),
        where,
        Condition.REQUIRED_FIELD_MISSING,
        rejected=rejected,
    )


def missing_segment(name: str, rejected: bool = False) -> MessageRefusedError:
    """The refusal of a message that lacks a segment."""
    return MessageRefusedError(
        "hl7_segment_missing",
        Bilingual(
            zh=f"缺少 {name} 段，无法处理该消息。",
            en=f"The segment {name} is missing; the message cannot be handled without it.",
        ),
        name,
        Condition.SEGMENT_SEQUENCE,
        rejected=rejected,
    )


def misplaced(where: str) -> MessageRefusedError:
    """The refusal of a segment that may not stand where it does, or not again."""
    return MessageRefusedError(
        "hl7_segment_misplaced",
        Bilingual(
            zh=f"{where}：该段不应出现在此处或重复出现。",
            en=f"{where}: the segment may not stand here, or not again.",
        ),
        where,
        Condition.SEGMENT_SEQUENCE,
    )


def wrong_form(where: str, zh: str, en: str) -> MessageRefusedError:
    """The refusal of a field whose content has not the form of its data type."""
    return MessageRefusedError(
        "hl7_data_type",
        Bilingual(zh=f"{where}：必须是{zh}。", en=f"{where}: it must be {en}."),
        where,
        Condition.DATA_TYPE,
    )


def not_in_table(where: str, table: str) -> MessageRefusedError:
    """The refusal of a code that its table does not hold; never guessed."""
    return MessageRefusedError(
        "hl7_code_unknown",
        Bilingual(
            zh=f"{where}：代码不在表 {table} 中。请在该通道映射文件的 [replace] 中声明其含义。",
            en=f"{where}: the code is not in table {table}. Declare its meaning under [replace] in "
            "the channel's mapping file.",
        ),
        where,
        Condition.TABLE_VALUE,
    )


def damaged(where: str, zh: str, en: str) -> MessageRefusedError:
    """The refusal of something that is no HL7 v2 message at all."""
    return MessageRefusedError(
        "hl7_not_a_message",
        Bilingual(zh=f"{where}：{zh}", en=f"{where}: {en}"),
        where,
        Condition.SEGMENT_SEQUENCE,
        rejected=True,
    )
