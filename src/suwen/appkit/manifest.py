"""Reads an application's manifest.toml strictly; an error names the field, in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from suwen.core.errors import ConfigurationError
from suwen.core.identity import AppId, Purpose, Role
from suwen.core.language import Bilingual
from suwen.core.manifest import (
    Audience,
    BulkForm,
    DeviceStatus,
    Encounters,
    Hazard,
    Manifest,
    ModelProfile,
    Partition,
    SignOffRule,
    StayNeed,
)

FILE = "manifest.toml"
JURISDICTIONS = frozenset({"us", "eu", "cn"})

_Text = Annotated[str, Field(min_length=1)]
_ResourceType = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{2,63}$")]
_Loose = Field(strict=False)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Bilingual(_Strict):
    zh: _Text
    en: _Text

    def value(self) -> Bilingual:
        return Bilingual(zh=self.zh, en=self.en)


class _DeviceStatus(_Strict):
    status: _Text
    trigger: _Bilingual | None = None


class _Hazard(_Strict):
    id: _Text
    harm: _Bilingual
    mitigation: _Bilingual


class _ModelProfile(_Strict):
    capabilities: Annotated[list[_Text], Field(min_length=1)]
    context_tokens: Annotated[int, Field(ge=512)]
    max_output_tokens: Annotated[int, Field(ge=1)]


class _BulkForm(_Strict):
    encounters: Annotated[Encounters, _Loose]
    title: _Bilingual | None = None
    needs: list[Annotated[StayNeed, _Loose]] = Field(default_factory=list)
    fields: dict[str, _Text] = Field(default_factory=dict)
    asks: list[_Text] = Field(default_factory=list)

    def value(self) -> BulkForm:
        return BulkForm(
            encounters=self.encounters,
            title=self.title.value() if self.title else None,
            needs=frozenset(self.needs),
            fields=self.fields,
            asks=tuple(self.asks),
        )


class _Manifest(_Strict):
    """The file as it is written; every field is asked for, so that none is forgotten."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$")]
    title: _Bilingual
    intended_use: _Bilingual
    not_for: _Bilingual
    audience: Annotated[Audience, _Loose]
    data_class: Annotated[int, Field(ge=1, le=5)]
    reasoning_demand: Annotated[int, Field(ge=1, le=5)]
    device_status: dict[str, _DeviceStatus]
    partition: Annotated[Partition, _Loose]
    reads: list[_ResourceType]
    purposes: Annotated[list[Annotated[Purpose, _Loose]], Field(min_length=1)]
    writes: list[_ResourceType]
    collections: list[_Text]
    model_profile: _ModelProfile | None = None
    roles: Annotated[list[Annotated[Role, _Loose]], Field(min_length=1)]
    sign_off: Annotated[SignOffRule, _Loose]
    co_sign: bool
    retention_days: Annotated[int, Field(ge=1)]
    hazards: Annotated[list[_Hazard], Field(min_length=1)]
    owner: _Bilingual
    function: dict[str, _Text] = Field(default_factory=dict)
    first_opinion: bool = False
    bulk: list[_BulkForm] = Field(default_factory=list)


def load_manifest(path: Path) -> Manifest:
    """The manifest of an application.

    Args:
        path: of the file ``manifest.toml``.

    Raises:
        ConfigurationError: ``manifest_missing``, ``manifest_malformed`` or ``manifest_invalid``
            with the field at fault.
    """
    app = path.parent.name
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _wrong("manifest_missing", app, None, "缺少 manifest.toml", "it is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = f"{type(error).__name__}: {error}"
        raise _wrong("manifest_malformed", app, None, f"不是有效的 TOML（{text}）", text) from None
    try:
        read = _Manifest.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _wrong("manifest_invalid", app, field, first["msg"], first["msg"]) from None
    manifest = _as_core(read)
    _check_device(manifest)
    return manifest


def _check_device(manifest: Manifest) -> None:
    unknown = set(manifest.device_status) - JURISDICTIONS
    missing = JURISDICTIONS - set(manifest.device_status)
    if unknown or missing:
        names = ", ".join(sorted(unknown or missing))
        raise _wrong(
            "manifest_invalid",
            manifest.id,
            "device_status",
            f"必须恰好说明 us、eu、cn 三个法域（{names}）",
            f"say it for exactly us, eu and cn ({names})",
        )


def _partition_anywhere(read: _Manifest) -> Partition:
    """The strictest that any law asks for; who forgets to say where it runs loses no wall."""
    is_device = any(one.status.startswith("device") for one in read.device_status.values())
    return Partition.DEVICE if is_device else read.partition


def _as_core(read: _Manifest) -> Manifest:
    profile = read.model_profile
    return Manifest(
        id=AppId(read.id),
        title=read.title.value(),
        intended_use=read.intended_use.value(),
        not_for=read.not_for.value(),
        audience=read.audience,
        data_class=read.data_class,
        reasoning_demand=read.reasoning_demand,
        device_status={
            name: DeviceStatus(s.status, s.trigger.value() if s.trigger else None)
            for name, s in read.device_status.items()
        },
        partition=_partition_anywhere(read),
        reads=tuple(read.reads),
        purposes=frozenset(purpose.value for purpose in read.purposes),
        writes=tuple(read.writes),
        collections=tuple(read.collections),
        model_profile=ModelProfile(
            frozenset(profile.capabilities), profile.context_tokens, profile.max_output_tokens
        )
        if profile
        else None,
        roles=frozenset(read.roles),
        sign_off=read.sign_off,
        co_sign=read.co_sign,
        retention_days=read.retention_days,
        hazards=tuple(Hazard(h.id, h.harm.value(), h.mitigation.value()) for h in read.hazards),
        owner=read.owner.value(),
        function=read.function,
        first_opinion=read.first_opinion,
        least_partition=read.partition,
        bulk=tuple(form.value() for form in read.bulk),
    )


def _wrong(code: str, app: str, field: str | None, zh: str, en: str) -> ConfigurationError:
    detail: dict[str, Any] = {"app": app}
    where = f" {field}" if field else ""
    return ConfigurationError(
        code,
        Bilingual(
            zh=f"应用 {app} 的 manifest.toml{where}：{zh}。",
            en=f"manifest.toml of application {app}{where}: {en}.",
        ),
        field=field,
        detail=detail,
    )
