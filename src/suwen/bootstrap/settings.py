"""What the operator has set: environment variables and one TOML file, read once and checked."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from suwen.bootstrap.cds_settings import CdsHooksSettings
from suwen.bootstrap.device_settings import DeviceSettings
from suwen.bootstrap.endpoint_settings import EndpointSettings, ReleaseSettings
from suwen.bootstrap.origin import ORIGIN
from suwen.bootstrap.pharmacy_settings import PharmacySettings
from suwen.bootstrap.sign_in_settings import (
    AccessSettings,
    LaunchSettings,
    LdapSettings,
    OidcSettings,
    SmartSettings,
)
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.urls import DatabaseUrls, outside_urls

SETTINGS_FILE = "suwen.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SiteSettings(_Strict):
    """Who the hospital is and how it wants to be addressed."""

    name_zh: str = Field("示范医院", description="Hospital's name in Chinese, shown and printed.")
    name_en: str = Field("Demonstration Hospital", description="Hospital's name in English.")
    language: Literal["zh", "en"] = Field("zh", description="Language before sign-in.")
    jurisdiction: Literal["cn", "eu", "us", "other"] = Field(
        "cn", description="Whose law decides what is a device here; other: the strictest of them."
    )
    time_zone: str = Field("Asia/Shanghai", description="IANA zone of the wards.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("it is not an IANA time zone")
        return value


class WebSettings(_Strict):
    """Where the pages and the API answer."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8765, ge=0, le=65535, description="Port; 0 takes a free one.")
    frame_ancestors: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Origins that may embed the pages in a frame; empty allows none.",
    )
    session_minutes: int = Field(
        480, ge=5, le=1440, description="Longest session of a signed-in person, in minutes."
    )
    idle_minutes: int = Field(
        30, ge=1, le=480, description="Idle time after which a session ends, in minutes."
    )
    secure_cookies: bool = Field(
        False, description="Mark cookies Secure; set it where TLS ends before the service."
    )
    public_url: str | None = Field(
        None,
        description="Address under which browsers reach the pages, for example "
        "https://suwen.hospital.example; needed by the hospital's own sign-in and by launches, "
        "except on this machine's loopback.",
    )

    @field_validator("frame_ancestors")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("they must be origins such as https://emr.hospital.example")
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is not None and ("*" in value or not ORIGIN.fullmatch(value)):
            raise ValueError("it must be an origin such as https://suwen.hospital.example")
        return value


class AuditSettings(_Strict):
    """Where the head of the audit chain is anchored."""

    anchor: str | None = Field(
        None,
        description="File outside SUWEN_HOME, or 'syslog'; SUWEN_AUDIT_ANCHOR has precedence.",
    )
    anchor_seconds: float = Field(
        10.0, gt=0, le=10, description="Longest time between anchors while the chain grows, in s."
    )


class EngineSettings(_Strict):
    """The embedded language model."""

    enabled: bool = Field(True, description="Start the embedded engine where its model is there.")
    model: str = Field("smollm2-135m", description="Name in the model store's catalogue.")
    threads: int = Field(1, ge=1, le=256, description="Most threads; never more than free cores.")
    context_tokens: int = Field(
        8192, ge=512, le=131072, description="Context window for one request, in tokens."
    )


class ListenerSettings(_Strict):
    """Where the hospital's systems reach this machine, unless a connection says otherwise."""

    host: str = Field(
        "127.0.0.1",
        description="Address that listeners bind to; name a network address only behind the "
        "hospital's firewall.",
    )
    hl7v2_port: int = Field(
        2575, ge=0, le=65535, description="Port of HL7 v2 over MLLP; 0 takes a free one."
    )
    dicom_port: int = Field(
        11112, ge=0, le=65535, description="Port of DICOM associations; 0 takes a free one."
    )


class WorkerSettings(_Strict):
    """Who does long work: imports, builds, bulk runs."""

    enabled: bool = Field(
        True, description="Run a worker beside the service; false where other hosts do the work."
    )


class RetentionSettings(_Strict):
    """How long is kept what nobody signed."""

    run_event_hours: int = Field(
        24,
        ge=1,
        le=8760,
        description="Hours that the events of a finished run are kept, which hold what it wrote; "
        "its trace stays.",
    )
    draft_days: int | None = Field(
        None,
        ge=1,
        description="Days after which an unsigned draft that nobody touched is removed, never "
        "before its application's retention_days; not set keeps every draft.",
    )
    message_days: int | None = Field(
        None,
        ge=1,
        description="Days after which the original of a message that was processed, delivered or "
        "set aside is removed; what came of it stays. Not set keeps every message.",
    )


class Settings(_Strict):
    """All settings of one installation."""

    home: Path
    outside_databases: DatabaseUrls | None = Field(
        None, repr=False, description="The hospital's own PostgreSQL; set by SUWEN_*_DATABASE_URL."
    )
    site: SiteSettings = SiteSettings()
    web: WebSettings = WebSettings()
    audit: AuditSettings = AuditSettings()
    engine: EngineSettings = EngineSettings()
    endpoints: EndpointSettings = EndpointSettings()
    releases: ReleaseSettings = ReleaseSettings()
    listeners: ListenerSettings = ListenerSettings()
    worker: WorkerSettings = WorkerSettings()
    device: DeviceSettings = DeviceSettings()
    retention: RetentionSettings = RetentionSettings()
    oidc: OidcSettings = OidcSettings()
    ldap: LdapSettings = LdapSettings()
    smart: SmartSettings = SmartSettings()
    launch: LaunchSettings = LaunchSettings()
    cds_hooks: CdsHooksSettings = CdsHooksSettings()
    pharmacy: PharmacySettings = PharmacySettings()
    access: AccessSettings = AccessSettings()
    demonstration: bool = Field(
        True, description="Load the demonstration hospital where no real record is."
    )

    @property
    def zone(self) -> ZoneInfo:
        """The wards' time zone."""
        return ZoneInfo(self.site.time_zone)

    @property
    def service_ready(self) -> Path:
        """The note that the service makes once it answers."""
        return self.run_folder / "service.ready"

    @property
    def listening_note(self) -> Path:
        """The note of the ports that the listeners are bound to, by connection."""
        return self.run_folder / "listening.json"

    @property
    def run_folder(self) -> Path:
        """Where running parts leave what the others need to find them."""
        return self.home / "run"


def read_settings(environment: Mapping[str, str], only: Partition | None = None) -> Settings:
    """Reads and checks all settings; nothing is created.

    Args:
        environment: the process environment.
        only: the partition that this process serves; no database address of the other is read.

    Raises:
        ConfigurationError: ``settings_malformed`` or ``settings_wrong`` with the field at fault,
            ``home_unusable`` when the state directory is something else,
            ``anchor_inside_home`` when the anchor would lie where an intruder rewrites it too,
            ``anchor_unusable``.
    """
    home = _home(environment.get("SUWEN_HOME") or "var")
    values: dict[str, object] = {"home": home, **_read_file(home / SETTINGS_FILE)}
    values["outside_databases"] = outside_urls(environment, only)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error) from None
    anchor = environment.get("SUWEN_AUDIT_ANCHOR") or settings.audit.anchor
    anchor = anchor or str(_default_anchor(environment, home))
    if anchor != "syslog" and _lies_inside(anchor, home):
        raise ConfigurationError(
            "anchor_inside_home",
            Bilingual(
                zh="审计锚点必须放在 SUWEN_HOME 之外，请改设 SUWEN_AUDIT_ANCHOR。",
                en="The audit anchor must lie outside SUWEN_HOME: set SUWEN_AUDIT_ANCHOR.",
            ),
            field="audit.anchor",
        )
    audit = settings.audit.model_copy(update={"anchor": anchor})
    return settings.model_copy(update={"audit": audit})


def _home(named: str) -> Path:
    try:
        home = Path(named).expanduser().absolute()
        # The nearest part that exists decides: everything below it would be made.
        there = next(part for part in (home, *home.parents) if part.exists())
        usable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    except (OSError, RuntimeError, ValueError):
        usable = False
    if not usable:
        raise ConfigurationError(
            "home_unusable",
            Bilingual(
                zh="SUWEN_HOME 须指向一个可写的文件夹（或可新建的位置）。",
                en="SUWEN_HOME must name a folder that can be written, or can be made.",
            ),
            field="SUWEN_HOME",
        )
    return home


def _lies_inside(anchor: str, home: Path) -> bool:
    """Whether the file lies in the state directory, under whatever name it is reached.

    Raises:
        ConfigurationError: ``anchor_unusable`` when it is no name of a file.
    """
    try:
        return Path(anchor).resolve().is_relative_to(home.resolve())
    except (OSError, RuntimeError, ValueError):
        raise ConfigurationError(
            "anchor_unusable",
            Bilingual(
                zh="审计锚点不是可用的文件名，请改设 SUWEN_AUDIT_ANCHOR。",
                en="The audit anchor is no usable name of a file: set SUWEN_AUDIT_ANCHOR.",
            ),
            field="audit.anchor",
        ) from None


def _default_anchor(environment: Mapping[str, str], home: Path) -> Path:
    """One anchor file for each state directory, where the operating system keeps state."""
    state = environment.get("XDG_STATE_HOME")
    base = Path(state) if state else Path.home() / ".local" / "state"
    name = "-".join(part for part in home.parts if part != home.anchor)[-120:]
    return base / "suwen" / f"anchor-{name}.jsonl"


def _read_file(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        said = error.strerror or ""
        raise ConfigurationError(
            "settings_unreadable",
            Bilingual(
                zh=f"无法读取 {SETTINGS_FILE}（{said}）。",
                en=f"{SETTINGS_FILE} cannot be read ({said}).",
            ),
            field=SETTINGS_FILE,
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise ConfigurationError(
            "settings_malformed",
            Bilingual(
                zh=f"{SETTINGS_FILE} 不是有效的 UTF-8 TOML：{said}。",
                en=f"{SETTINGS_FILE} is not valid UTF-8 TOML: {said}.",
            ),
            field=SETTINGS_FILE,
        ) from None
    if {"home", "outside_databases"} & values.keys():
        raise ConfigurationError(
            "settings_wrong",
            Bilingual(
                zh="状态目录和数据库地址只能用环境变量设定。",
                en="The state directory and database addresses are set by the environment only.",
            ),
            field="home",
        )
    return values


_FAULTS = {
    "extra_forbidden": Bilingual("没有这个设置", "there is no such setting"),
    "int_type": Bilingual("须为整数", "it must be a whole number"),
    "float_type": Bilingual("须为数字", "it must be a number"),
    "string_type": Bilingual("须为文本", "it must be a text"),
    "bool_type": Bilingual("须为 true 或 false", "it must be true or false"),
    "tuple_type": Bilingual("须为列表", "it must be a list"),
    "model_type": Bilingual("须为一节", "it must be a section"),
    "missing": Bilingual("必须给出", "it is needed"),
}


def _explain(error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    fault = fault_of(first)
    return ConfigurationError(
        "settings_wrong",
        Bilingual(
            zh=f"{SETTINGS_FILE} 的设置 {field} 有误：{fault.zh}。",
            en=f"{SETTINGS_FILE}: setting {field} is wrong: {fault.en}.",
        ),
        field=field,
    )


def fault_of(error: Mapping[str, Any]) -> Bilingual:
    """What is wrong with one value, from pydantic's description of it; never the value itself."""
    return _FAULTS.get(error["type"]) or _wanted(error.get("ctx", {}), error["msg"])


def _wanted(context: Mapping[str, Any], message: str) -> Bilingual:
    """What the value must be, from what the checker says about its own rule."""
    if "expected" in context:
        return Bilingual(f"须为 {context['expected']}", f"it must be {context['expected']}")
    for bound, zh, en in (("ge", "不小于", "at least"), ("le", "不大于", "at most")):
        if bound in context:
            return Bilingual(f"须{zh} {context[bound]}", f"it must be {en} {context[bound]}")
    if "gt" in context:
        return Bilingual(f"须大于 {context['gt']}", f"it must be more than {context['gt']}")
    return Bilingual("取值不被允许", str(context.get("error", message)))
