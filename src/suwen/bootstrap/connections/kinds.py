"""Which kinds of connections there are: one line each, its protocol loaded when it is needed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from suwen.bootstrap.connections.parts import Builder, ConnectionParts, ConnectionSettings
from suwen.bootstrap.connections.said import SettingsFaultError
from suwen.bootstrap.settings import fault_of
from suwen.core.connection import Connection, ConnectionKind, Connector
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

S = TypeVar("S", bound=ConnectionSettings)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of connection.

    Attributes:
        module: the module beside this one whose ``BUILDERS`` holds this kind's builder.
        title: what the operator's screen calls it.
        default_port: for what waits for others on a port of this machine, the name of that port
            in the settings' section ``listeners``.
        sends: whether something of a person leaves over it; its settings then are a
            ``SendingSettings``.
    """

    module: str
    title: Bilingual
    default_port: str | None = None
    sends: bool = False

    @property
    def listens(self) -> bool:
        """Whether it waits for others on a port of this machine."""
        return self.default_port is not None

    def builder(self, kind: ConnectionKind) -> Builder:
        """The protocol's builder of this kind; its libraries are loaded only now."""
        loaded = importlib.import_module(f"suwen.bootstrap.connections.{self.module}")
        builders: Mapping[ConnectionKind, Builder] = loaded.BUILDERS
        return builders[kind]


KINDS: Final[Mapping[ConnectionKind, Kind]] = {
    ConnectionKind.HL7V2_LISTENER: Kind(
        "hl7v2", Bilingual("HL7 v2 接收（MLLP）", "HL7 v2 listener (MLLP)"), "hl7v2_port"
    ),
    ConnectionKind.HL7V2_SENDER: Kind(
        "hl7v2", Bilingual("HL7 v2 发送（MLLP）", "HL7 v2 sender (MLLP)"), sends=True
    ),
    ConnectionKind.FHIR_SOURCE: Kind("fhir", Bilingual("FHIR R4 数据源", "FHIR R4 source")),
    ConnectionKind.DICOM_LISTENER: Kind(
        "dicom", Bilingual("DICOM 接收", "DICOM listener"), "dicom_port"
    ),
    ConnectionKind.DICOM_PEER: Kind("dicom", Bilingual("DICOM 对端", "DICOM peer"), sends=True),
    ConnectionKind.DICOMWEB_PEER: Kind(
        "dicom", Bilingual("DICOMweb 对端", "DICOMweb peer"), sends=True
    ),
    ConnectionKind.SQL_VIEWS: Kind("sqlviews", Bilingual("只读 SQL 视图", "Read-only SQL views")),
    ConnectionKind.DROP_FOLDER: Kind(
        "dropfolder", Bilingual("文件投递目录（CSV/Excel）", "Drop folder (CSV, Excel)")
    ),
}


def build_connector(connection: Connection, parts: ConnectionParts) -> Connector:
    """What runs a connection.

    Raises:
        InputError: ``connection_settings_wrong``, with the field.
    """
    kind = KINDS[connection.kind]
    if kind.default_port is not None:
        listeners = parts.settings.listeners
        where = {"host": listeners.host, "port": getattr(listeners, kind.default_port)}
        connection = replace(connection, settings={**where, **connection.settings})
    return kind.builder(connection.kind).build(connection, parts)


def read_connection_settings(connection: Connection, form: type[S]) -> S:
    """The checked settings of a connection, its secrets included.

    Raises:
        InputError: ``connection_settings_wrong``, with the field and never a value.
    """
    return checked_settings(form, {**connection.settings, **connection.secrets})


def checked_settings(form: type[S], values: Mapping[str, Any]) -> S:
    """Settings as a form takes them.

    Raises:
        InputError: ``connection_settings_wrong``, with the field and never a value.
    """
    try:
        return form.model_validate_json(json.dumps(dict(values)))
    except ValidationError as error:
        field, fault = next(iter(_faults(error).items()))
        raise _wrong(field, fault) from None
    except (TypeError, ValueError):
        raise _wrong("", Bilingual("不是可保存的值", "it cannot be stored")) from None


def faults_of(form: type[ConnectionSettings], values: Mapping[str, Any]) -> dict[str, Bilingual]:
    """Everything that is wrong, by field; under ``""`` what concerns several. Empty when right."""
    try:
        form.model_validate_json(json.dumps(dict(values)))
    except ValidationError as error:
        return _faults(error)
    return {}


def _faults(error: ValidationError) -> dict[str, Bilingual]:
    found: dict[str, Bilingual] = {}
    for one in error.errors(include_url=False, include_input=False):
        cause = one.get("ctx", {}).get("error")
        said = cause.said if isinstance(cause, SettingsFaultError) else fault_of(one)
        found.setdefault(".".join(str(part) for part in one["loc"]), said)
    return found


def _wrong(field: str, fault: Bilingual) -> InputError:
    return InputError(
        "connection_settings_wrong",
        Bilingual(
            zh=f"连接的设置 {field} 有误：{fault.zh}。",
            en=f"Setting {field} of the connection is wrong: {fault.en}.",
        ),
        field=field or None,
    )
