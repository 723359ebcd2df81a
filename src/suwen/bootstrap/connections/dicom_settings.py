"""Settings of the DICOM connections: the listener, a DICOM peer, a DICOMweb peer."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from suwen.bootstrap.connections.parts import ConnectionSettings, SendingSettings, secret
from suwen.bootstrap.connections.said import SettingsFaultError
from suwen.bootstrap.safety import is_loopback
from suwen.core.data_class import DEIDENTIFIED
from suwen.integration.dicom.header import Reading
from suwen.integration.dicom.matching import IdentifierRules

AeTitle = Annotated[str, Field(pattern=r"^[\x21-\x5b\x5d-\x7e][\x20-\x5b\x5d-\x7e]{0,15}$")]
SignedForm = Literal["pdf", "sr"]
_CODECS: Final = {"ASCII": "ascii", "GB18030": "gb18030", "UTF-8": "utf-8", "Latin-1": "latin-1"}
_PLACE: Final = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}:\d{1,5}")


class ImagingSource(ConnectionSettings):
    """How the objects of a sender are read, and whose they are."""

    patient_id_system: str | None = Field(
        None,
        max_length=300,
        description="Identifier system of Patient ID (0010,0020) where no issuer is stated; not "
        "set, a study is linked only when birth date and sex agree too.",
    )
    issuers: dict[str, str] = Field(
        default_factory=dict,
        description="Identifier system by Issuer of Patient ID (0010,0021).",
    )
    undeclared_character_set: Literal["ASCII", "GB18030", "UTF-8", "Latin-1"] = Field(
        "ASCII", description="Character set of objects that state none in (0008,0005)."
    )
    largest_mb: int = Field(512, ge=1, le=4096, description="Largest object, in MiB.")

    @property
    def largest(self) -> int:
        """Bytes of the largest object."""
        return self.largest_mb << 20

    def reading(self, zone: tzinfo) -> Reading:
        """How text and times are read; ``zone`` is the wards' time zone."""
        return Reading(zone, _CODECS[self.undeclared_character_set])

    def rules(self) -> IdentifierRules:
        """Which identifier a patient number is."""
        return IdentifierRules(self.patient_id_system, dict(self.issuers))


class DicomListenerSettings(ImagingSource):
    """Where objects are received."""

    host: str = Field("127.0.0.1", max_length=255, description="Address to listen on.")
    port: int = Field(11112, ge=0, le=65535, description="Port; 0 takes a free one.")
    ae_title: AeTitle = Field("SUWEN", description="Our application entity title.")
    callers: tuple[AeTitle, ...] = Field(
        (), description="AE titles that may send; empty lets every one send."
    )
    peers: dict[str, str] = Field(
        default_factory=dict,
        description="host:port by AE title, to which results of storage commitment are sent.",
    )
    at_once: int = Field(32, ge=1, le=200, description="Most associations at once.")
    certificate_file: str | None = Field(
        None, description="PEM of our certificate and key; with ca_file switches TLS on."
    )
    ca_file: str | None = Field(None, description="PEM of the authority of callers' certificates.")

    @field_validator("peers")
    @classmethod
    def _places(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(_PLACE.fullmatch(place) for place in value.values()):
            raise SettingsFaultError("每项须为 主机:端口", "they must be host:port")
        return value

    @model_validator(mode="after")
    def _safe(self) -> DicomListenerSettings:
        if (self.certificate_file is None) != (self.ca_file is None):
            raise SettingsFaultError(
                "启用 TLS 须同时给出 certificate_file 和 ca_file",
                "TLS needs both certificate_file and ca_file",
            )
        if not is_loopback(self.host) and not self.callers and self.ca_file is None:
            raise SettingsFaultError(
                "其他机器可达的端口须给出 callers，或启用 TLS",
                "a port that others reach needs callers, or TLS",
            )
        return self

    def places(self) -> dict[str, tuple[str, int]]:
        """Host and port by AE title."""
        found = {}
        for title, place in self.peers.items():
            host, _, port = place.rpartition(":")
            found[title] = (host.strip("[]"), int(port))
        return found


class _Receiver(ImagingSource, SendingSettings):
    """What is sent to another system by itself."""

    side: Literal["clinical", "outside"] = Field(
        "clinical",
        description="Whether the other system belongs to the hospital's clinical side; objects "
        "leave without the patient's identity to every other.",
    )
    send_signed: tuple[SignedForm, ...] = Field(
        (), description="Forms in which signed documents are sent: pdf, sr; empty sends none."
    )
    issuer_of_patient_id: str | None = Field(
        None, max_length=64, description="Issuer (0010,0021) that is written beside record numbers."
    )

    @model_validator(mode="after")
    def _no_identity_outside(self) -> _Receiver:
        if self.side == "outside" and self.cleared_for > DEIDENTIFIED:
            raise SettingsFaultError(
                "发往院外（side = outside）的数据级别最高为 3",
                "at most class 3 is sent outside (side = outside)",
            )
        if self.side == "outside" and self.send_signed:
            raise SettingsFaultError(
                "已签文书含患者身份，不能发往院外（side = outside）",
                "signed documents name the patient and are never sent outside",
            )
        if len(set(self.send_signed)) != len(self.send_signed):
            raise SettingsFaultError(
                "send_signed 中每种形式只能出现一次", "each form of send_signed once"
            )
        return self


class DicomPeerSettings(_Receiver):
    """How another DICOM system is called."""

    host: str = Field(max_length=255, description="Its address.")
    port: int = Field(104, ge=1, le=65535, description="Its port.")
    ae_title: AeTitle = Field(description="Its application entity title.")
    calling_ae_title: AeTitle = Field("SUWEN", description="Ours, as it knows it.")
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for an answer, in s.")
    commitment: bool = Field(
        False, description="Ask it to answer for what was sent (storage commitment)."
    )
    retrieve_by: Literal["get", "move"] = Field(
        "get", description="C-GET, or C-MOVE to our listener where it knows no C-GET."
    )
    ca_file: str | None = Field(None, description="PEM of its authority; switches TLS on.")
    certificate_file: str | None = Field(None, description="PEM of our certificate and key.")


class DicomWebPeerSettings(_Receiver):
    """How a DICOMweb server is asked."""

    url: str = Field(max_length=500, description="Root of its services.")
    user: str | None = Field(None, max_length=200, description="For basic authentication.")
    timeout_s: float = Field(60.0, gt=0, le=600, description="Longest wait for an answer, in s.")
    ca_file: str | None = Field(None, description="PEM of the authority of its certificate.")
    certificate_file: str | None = Field(None, description="PEM of our certificate and key.")
    password: str | None = secret("For basic authentication: the password.")
    token: str | None = secret("A bearer token, in place of user and password.")

    @model_validator(mode="after")
    def _reachable(self) -> DicomWebPeerSettings:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise SettingsFaultError(
                "url 须为不含用户名的 http 或 https 地址",
                "url must be an http or https address without a user name",
            )
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise SettingsFaultError(
                "其他机器上的服务器须用 https 地址",
                "a server on another machine needs an https address",
            )
        if self.user is not None and self.token is not None:
            raise SettingsFaultError(
                "user 与 password，或 token，只能二选一", "either user and password or token"
            )
        return self
