"""Settings of the HL7 v2 connections: the MLLP listener and the MLLP sender."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from suwen.bootstrap.connections.numbering import numberings_field
from suwen.bootstrap.connections.parts import ConnectionSettings, SendingSettings
from suwen.bootstrap.connections.said import SettingsFaultError
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.integration.hl7v2.site_mapping import SiteMapping, read_site_mapping

CharacterSet = Literal["UTF-8", "GB18030", "ASCII"]
CODECS = {"UTF-8": "utf-8", "GB18030": "gb18030", "ASCII": "ascii"}
_LARGEST_MAPPING = 1024 * 1024
Network = Annotated[str, Field(max_length=64)]


class Hl7ListenerSettings(ConnectionSettings):
    """Where messages are received and how they are read."""

    host: str | None = Field(
        None, max_length=255, description="Address to listen on; not set takes the installation's."
    )
    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port; 0 takes a free one, not set takes the installation's.",
    )
    peers: tuple[Network, ...] = Field(
        (), description="Addresses or networks that may connect; empty allows all that reach it."
    )
    acknowledgement: Literal["original", "enhanced", "as_message"] = Field(
        "as_message",
        description="How messages are acknowledged: in the original mode, in the enhanced mode, or "
        "as MSH-15 and MSH-16 of each ask.",
    )
    processing: tuple[Literal["P", "T", "D"], ...] | None = Field(
        None,
        description="Processing ids (MSH-11) that are taken; not set takes production alone, and a "
        "demonstration's connection all. A message without one is production.",
    )
    character_set: CharacterSet = Field(
        "UTF-8", description="Character set of messages whose MSH-18 is empty."
    )
    trust_msh18: bool = Field(
        True, description="Off for a sender whose MSH-18 is known to be wrong."
    )
    reused_control_id: Literal["refuse", "store"] = Field(
        "refuse", description="What to do with other content under a used MSH-10."
    )
    require_control_id: bool = Field(False, description="Whether a message needs MSH-10.")
    namespace: str | None = Field(
        None,
        max_length=60,
        pattern=r"^[a-z0-9_\-]+$",
        description="Connections with the same namespace speak of the same patients by their "
        "numbers; not set is the connection's name.",
    )
    numberings: dict[str, str] = numberings_field()
    time_zone: str | None = Field(
        None, description="IANA zone of times without one; not set takes the site's."
    )
    mapping_file: str | None = Field(
        None, max_length=500, description="TOML file with the site's mapping of this channel."
    )
    largest_mb: int = Field(16, ge=1, le=256, description="Largest message, in MiB.")
    idle_s: float = Field(3600.0, ge=1, le=86_400, description="Idle time of a connection, in s.")
    frame_s: float = Field(60.0, ge=1, le=3600, description="Longest time of one frame, in s.")
    most_connections: int = Field(64, ge=1, le=1000, description="Most connections at once.")
    certificate_file: str | None = Field(
        None, description="PEM of our certificate; switches TLS on."
    )
    key_file: str | None = Field(None, description="PEM of its key.")
    ca_file: str | None = Field(
        None, description="PEM of the authority whose certificates senders must show."
    )

    @field_validator("peers")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one)
            except ValueError:
                raise SettingsFaultError(
                    "须为地址或网段，如 10.1.2.0/24", "they must be addresses or networks"
                ) from None
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise SettingsFaultError(
                "不是 IANA 时区名，如 Asia/Shanghai", "it is not an IANA time zone"
            )
        return value

    @model_validator(mode="after")
    def _tls_whole(self) -> Hl7ListenerSettings:
        if (self.certificate_file is None) != (self.key_file is None):
            raise SettingsFaultError(
                "certificate_file 与 key_file 须同时给出",
                "certificate_file and key_file belong together",
            )
        if self.ca_file is not None and self.certificate_file is None:
            raise SettingsFaultError(
                "给出 ca_file 时须同时给出 certificate_file", "ca_file needs certificate_file"
            )
        return self

    def mapping(self) -> SiteMapping:
        """The site's mapping of the channel.

        Raises:
            ConfigurationError: ``hl7_mapping_file``.
        """
        return SiteMapping() if self.mapping_file is None else read_mapping(Path(self.mapping_file))

    def taken(self, *, synthetic: bool) -> frozenset[str]:
        """Processing ids that are taken."""
        if self.processing is not None:
            return frozenset(self.processing)
        return frozenset({"P", "T", "D"}) if synthetic else frozenset({"P"})

    def zone(self, site: ZoneInfo) -> ZoneInfo:
        """Zone of times without one."""
        return ZoneInfo(self.time_zone) if self.time_zone else site


class Hl7SenderSettings(SendingSettings):
    """Where signed documents are sent."""

    host: str = Field(max_length=255, description="Address of the receiver.")
    port: int = Field(ge=1, le=65535, description="Port of the receiver.")
    send_signed: Literal["MDM", "ORU"] | None = Field(
        "MDM", description="As which message signed documents leave; null sends none."
    )
    with_pdf: bool = Field(False, description="Whether the printed form goes with the text.")
    sending_application: str = Field("SUWEN", max_length=60, description="MSH-3.")
    sending_facility: str = Field("", max_length=60, description="MSH-4.")
    receiving_application: str = Field("", max_length=60, description="MSH-5.")
    receiving_facility: str = Field("", max_length=60, description="MSH-6.")
    character_set: CharacterSet = Field("UTF-8", description="In which messages leave (MSH-18).")
    answer_s: float = Field(30.0, gt=0, le=600, description="Longest wait for an answer, in s.")
    attempts: int = Field(10, ge=1, le=1000, description="Rejections before a person must look.")
    tls: bool = Field(False, description="Whether the receiver speaks TLS.")
    server_name: str | None = Field(
        None, max_length=255, description="Name in the receiver's certificate, if not its address."
    )
    ca_file: str | None = Field(
        None, description="PEM of the authority of its certificate; not set takes the system's."
    )
    certificate_file: str | None = Field(None, description="PEM of our certificate.")
    key_file: str | None = Field(None, description="PEM of its key.")


def read_mapping(path: Path) -> SiteMapping:
    """The mapping that a TOML file holds.

    Raises:
        ConfigurationError: ``hl7_mapping_file`` when it cannot be read or is wrong.
    """
    try:
        if path.stat().st_size > _LARGEST_MAPPING:
            raise OSError
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            "hl7_mapping_file",
            Bilingual(
                zh="映射文件无法读取：请检查路径与权限（UTF-8 编码的 TOML，至多 1 MiB）。",
                en="The mapping file cannot be read: check path and rights (TOML in UTF-8, at "
                "most 1 MiB).",
            ),
            field="mapping_file",
        ) from None
    return read_site_mapping(text)
