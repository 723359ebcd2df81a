"""What single HL7 v2 messages say, line by line; stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from suwen.bootstrap.connections.hl7v2_settings import read_mapping
from suwen.bootstrap.settings import Settings
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.integration.fhir.validate import check_resource
from suwen.integration.hl7v2.mapping import ChannelFacts
from suwen.integration.hl7v2.reading import read
from suwen.integration.hl7v2.site_mapping import SiteMapping

CHANNEL = "hl7"


class MessageReader:
    """Reads messages as a listener would, and answers in the batch form.

    Args:
        mapping: TOML file of a channel; ``None`` for a channel without one.
        say: the wording of an error for the one who reads it.

    Raises:
        ConfigurationError: ``hl7_mapping_file``.
    """

    def __init__(
        self, settings: Settings, mapping: Path | None, say: Callable[[Bilingual], str]
    ) -> None:
        site = SiteMapping() if mapping is None else read_mapping(mapping)
        self._channel = ChannelFacts(CHANNEL, CHANNEL, settings.zone, site)
        self._say = say
        self.refused = 0

    def answer(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Acknowledgement, resources and unmapped fields of one message.

        Raises:
            InputError: ``message_missing`` when the line holds no message.
        """
        text = line.get("message")
        if not isinstance(text, str):
            raise InputError(
                "message_missing",
                Bilingual(
                    zh="输入行需要字符串 message（一条 HL7 v2 消息）。",
                    en="The line needs a string named message: one HL7 v2 message.",
                ),
                field="message",
            )
        outcome = read(text, self._channel)
        answered: dict[str, Any] = {"id": line.get("id"), "ack": outcome.acknowledgement}
        failure: InputError | None = outcome.refusal
        mapped = outcome.mapped
        if mapped is not None:
            try:
                for resource in mapped.resources:
                    check_resource(resource, str(resource["resourceType"]))
            except InputError as error:
                answered["ack"], failure, mapped = "AE", error, None
        if failure is not None:
            self.refused += 1
            answered["error"] = {
                "code": failure.code,
                "message": self._say(failure.safe_message),
                "field": failure.field,
            }
        answered["message_type"] = outcome.message_type
        answered["resources"] = mapped.resources if mapped is not None else []
        answered["unmapped"] = mapped.unmapped if mapped is not None else []
        return answered
