"""Which messages are handled, and what their events mean for the identity of patients.

Source: HL7 v2.5.1, table 0076 (message types), 3.3 (ADT events).
"""

from __future__ import annotations

from suwen.core.language import Bilingual
from suwen.integration.hl7v2.header import Header
from suwen.integration.hl7v2.mapping.context import ChannelFacts
from suwen.integration.hl7v2.refusal import Condition, MessageRefusedError

MESSAGE_CODES = frozenset(
    [
        "ADT",
        "ORU",
        "ORM",
        "OML",
        "OMG",
        "OMI",
        "OMP",
        "RDE",
        "SIU",
        "MDM",
        "VXU",
        "PPR",
        "DFT",
        "OUL",
        "BAR",
    ]
)
#: Events that join two numbers of one patient, and how many PID segments they carry.
MERGES = frozenset({"A18", "A34", "A36", "A39", "A40", "A46", "A47"})
#: Events about accounts, visits or a part of a record, which cannot be followed without loss.
_UNSUPPORTED_EVENTS = frozenset(
    {"A35", "A41", "A42", "A43", "A44", "A45", "A48", "A49", "A50", "A51", "A30"}
)
LINK, UNLINK = "A24", "A37"


def message_type(header: Header, channel: ChannelFacts) -> tuple[str, str]:
    """Code and event to read a message as, after the site's declaration.

    Raises:
        MessageRefusedError: ``hl7_type_unsupported`` at MSH-9.1 or ``hl7_event_unsupported`` at
            MSH-9.2.
    """
    declared = channel.mapping.file.message_types.get(header.message_type)
    code, event = declared.split("^") if declared else (header.code, header.event)
    if code not in MESSAGE_CODES:
        raise MessageRefusedError(
            "hl7_type_unsupported",
            Bilingual(
                zh="MSH-9.1：不处理该消息类型。可在映射文件的 [message_types] 中声明按何种类型"
                "读取。",
                en="MSH-9.1: this message type is not handled. Declare under [message_types] in "
                "the mapping file what to read it as.",
            ),
            "MSH-9.1",
            Condition.UNSUPPORTED_TYPE,
        )
    if code == "ADT" and event in _UNSUPPORTED_EVENTS:
        raise MessageRefusedError(
            "hl7_event_unsupported",
            Bilingual(
                zh="MSH-9.2：该事件改动账户或就诊的归属，不能自动处理，请人工核对。",
                en="MSH-9.2: this event moves accounts or visits between patients; it is not "
                "followed automatically and needs a person.",
            ),
            "MSH-9.2",
            Condition.UNSUPPORTED_EVENT,
        )
    return code, event
