"""Every interface that the program registers, and by what it is closed: the generator's map.

An interface that no line names fails the test, so that whoever adds a door also says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from typer.main import get_command

from suwen.cli.main import app as program
from suwen.cli.register import CommandTree, every_command
from suwen.core.connection import ConnectionKind
from suwen.web.app import page_routes
from suwen.web.doors import DOORS
from suwen.web.mcp.tools import TOOL_OF
from suwen.web.openai.routes import HANDLERS
from suwen.web.patient import chat, desk, health, learned, tables, ways
from suwen.web.routes import api, api_answers, bulk_api, prescription_api, quality_api
from suwen.web.static_files import StaticFiles
from tests.leaks.asking import PATIENTS


class Closed(StrEnum):
    """By what an interface is closed to the wrong person."""

    PATIENT = "patient"
    DRAFT = "draft"
    SIGNED = "signed document"
    RUN = "run"
    OWN_RUN = "run of one's own"
    FOLLOW_UP = "question of one's own"
    JOB = "job"
    BULK = "run over many records"
    OFFICE = "office"
    COLLECTION = "collection"
    DOCUMENT = "document"
    EMERGENCY = "emergency"
    OWN_ACCOUNT = "own account"
    LISTING = "listing"
    ENGINE = "engine"
    AGENT = "agent"
    CARDS = "cards"
    LAUNCH = "launch"
    CHAT = "chat"
    DESK = "patients' desk"
    TABLES = "tables of the patients' desk"
    SURROGATES = "surrogates"
    INCIDENT = "incident told by somebody else"
    READING = "draft that waits for another reader"
    NOBODYS = "nobody's"


TRIED = frozenset(Closed) - {Closed.NOBODYS}


@dataclass(frozen=True)
class Rule:
    """Which interfaces (by the beginning of the address, or the command) are closed by what.

    Attributes:
        right: accounts that the twin may come from, for what an office opens.
    """

    begins: str
    closed: Closed
    right: tuple[str, ...] = ()


RULES = (
    Rule("/patients/", Closed.PATIENT),
    Rule("/api/v1/patients/", Closed.PATIENT),
    Rule("/api/v1/apps/{app}/run", Closed.PATIENT),
    Rule("/drafts/", Closed.DRAFT),
    Rule("/api/v1/drafts/", Closed.DRAFT),
    Rule("/fhir/{type}", Closed.SIGNED),
    Rule("/runs/", Closed.RUN),
    Rule("/api/v1/runs/", Closed.RUN),
    Rule("/evidence/{trace}", Closed.OWN_RUN),
    Rule("/jobs/", Closed.JOB),
    Rule("/library", Closed.COLLECTION, ("it.cao",)),
    Rule("/library/{collection}/documents/", Closed.DOCUMENT),
    Rule("/library/{collection}/page-images/", Closed.DOCUMENT),
    Rule("/people", Closed.OFFICE, ("security.dong",)),
    Rule("/endpoints", Closed.OFFICE, ("it.cao",)),
    Rule("/api/v1/endpoints", Closed.OFFICE, ("it.cao",)),
    Rule("/clients", Closed.OFFICE, ("security.dong",)),
    Rule("/audit", Closed.OFFICE, ("audit.bai",)),
    Rule("/api/v1/audit/head", Closed.OFFICE, ("audit.bai",)),
    Rule("/connections", Closed.OFFICE, ("it.cao",)),
    Rule("/connection-forms", Closed.OFFICE, ("it.cao",)),
    Rule("/patient-matches", Closed.OFFICE, ("it.cao",)),
    Rule("/dry-run/", Closed.OFFICE, ("it.cao",)),
    Rule("/messages", Closed.OFFICE, ("it.cao",)),
    Rule("/imaging/", Closed.OFFICE, ("it.cao",)),
    Rule("/system", Closed.OFFICE, ("it.cao",)),
    Rule("/api/v1/status", Closed.OFFICE, ("it.cao",)),
    Rule("/applications", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/register", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/disagreements", Closed.OFFICE, ("quality.xu",)),
    Rule("/checks/", Closed.OFFICE, ("dr.lin",)),
    Rule("/training", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/reliance", Closed.OFFICE, ("quality.xu",)),
    Rule("/disclosures", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/claims", Closed.OFFICE, ("compliance.yuan",)),
    # What two people of the offices published for patients and the public.
    Rule("/facts", Closed.NOBODYS),
    Rule("/releases", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/evaluations", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/monitoring", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/incidents", Closed.INCIDENT),
    Rule("/second-readings", Closed.READING),
    Rule("/quality", Closed.OFFICE, ("quality.xu",)),
    Rule("/rules", Closed.OFFICE, ("pharm.jiang",)),
    Rule("/prescriptions", Closed.OFFICE, ("pharm.jiang",)),
    Rule("/api/v1/prescriptions", Closed.OFFICE, ("pharm.jiang",)),
    Rule("/bulk", Closed.OFFICE, ("quality.xu",)),
    Rule("/api/v1/quality", Closed.OFFICE, ("quality.xu",)),
    Rule("/api/v1/bulk", Closed.OFFICE, ("quality.xu",)),
    Rule("/readers", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/retention", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/patients-desk", Closed.OFFICE, ("nurse.zhao",)),
    Rule("/access", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/emergency", Closed.OFFICE, ("dr.qiu",)),
    Rule("/emergency/", Closed.EMERGENCY),
    Rule("/emergencies", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/emergencies/", Closed.EMERGENCY),
    Rule("/account", Closed.OWN_ACCOUNT),
    Rule("/worklist", Closed.LISTING),
    Rule("/palette", Closed.LISTING),
    Rule("/runs", Closed.OFFICE, ("dr.lin",)),
    Rule("/evidence", Closed.LISTING),
    Rule("/jobs", Closed.LISTING),
    Rule("/api/v1/worklist", Closed.LISTING),
    Rule("/api/v1/patients", Closed.LISTING),
    Rule("/api/v1/drafts", Closed.LISTING),
    Rule("/v1/", Closed.ENGINE),
    Rule("/mcp", Closed.AGENT),
    Rule("/cds-services/", Closed.CARDS),
    Rule("/api/v1/launches", Closed.LAUNCH),
    Rule("/launch/", Closed.LAUNCH),
    Rule("/launch/over", Closed.NOBODYS),
    Rule(f"{PATIENTS}/", Closed.NOBODYS),
    Rule(f"{PATIENTS}/chats", Closed.NOBODYS),
    Rule(f"{PATIENTS}/chat", Closed.CHAT),
    Rule(f"{PATIENTS}/desk", Closed.DESK),
    Rule(f"{PATIENTS}/desk/tables", Closed.TABLES),
    Rule(f"{PATIENTS}/desk/model", Closed.TABLES),
    Rule("/cds-services", Closed.NOBODYS),
    # Carries nothing and tells nothing: whoever knows the secret has the next look brought forward.
    Rule("/fhir-notifications/", Closed.NOBODYS),
    Rule("/fhir/metadata", Closed.NOBODYS),
    Rule("/api/v1/apps", Closed.NOBODYS),
    Rule("/api/openapi.json", Closed.NOBODYS),
    Rule("/api/v1/token", Closed.NOBODYS),
    Rule("/sign-in", Closed.NOBODYS),
    Rule("/sign-out", Closed.NOBODYS),
    Rule("/language", Closed.NOBODYS),
    # Leads to the EMR, which says who it is and whose record: tried beside one that answers.
    Rule("/smart/", Closed.NOBODYS),
    Rule("/healthz", Closed.NOBODYS),
    Rule("/readyz", Closed.NOBODYS),
    Rule("/metrics", Closed.NOBODYS),
    Rule("/static/", Closed.NOBODYS),
    Rule("/about", Closed.NOBODYS),
)

EXACT = {
    "POST /evidence": Rule("/evidence", Closed.FOLLOW_UP),
    "GET /library": Rule("/library", Closed.LISTING),
    # Tells everybody their own standing, and the offices everybody's.
    "GET /training": Rule("/training", Closed.NOBODYS),
    # Takes in what anybody tells, and hands nothing out but its number.
    "POST /incidents": Rule("/incidents", Closed.NOBODYS),
}
"""Interfaces that share their address with one that is closed by something else."""

# fmt: off
ALL_OF_CONNECTION = (
    "list", "show", "add", "change", "test", "pause", "resume", "remove", "samples", "messages",
    "replay", "dry-run",
)
CURATING = (
    "import", "build", "documents", "delete", "restore", "release", "reject", "review", "rights",
    "life", "due", "editions", "activate", "retire", "verify", "diff", "export", "install",
)
CHANGING_KEYS = ("rotate", "move", "retire")
MOVING = (
    "propose", "approve", "activate", "rollout", "return", "suspend", "resume", "retire",
)  # fmt: skip
"""What moves a model part."""

EVALUATING = ("run", "suites", "list", "show", "resume", "compare", "cases", "import")
HOLDING = ("holds", "due", "hold", "release")
OPERATING = (
    "up", "serve", "worker", "listen", "status", "doctor", "login", "verify", "mcp", "conformance",
    "egress report", "guard check", "hl7 read", "launch secret", "privacy find",
    "privacy deidentify", "privacy blacken", "fhir import", "draft purge", "knowledge key",
    "backup create", "backup restore", "app list", "app show", "app new", "app check",
    "monitor count", "monitor simulate", "triage train", "triage models",
    "claim verify", "training list", "training standing",
    "keys list", "keys status", "keys reseal", "retention periods",
)
# fmt: on

COMMANDS = (
    *(Rule(f"record {verb}", Closed.PATIENT) for verb in ("show", "export")),
    Rule("app run", Closed.PATIENT),
    *(Rule(f"draft {verb}", Closed.DRAFT) for verb in ("show", "export", "sign", "reject")),
    *(Rule(f"{noun} list", Closed.LISTING) for noun in ("record", "draft")),
    *(Rule(f"job {verb}", Closed.JOB) for verb in ("show", "pause", "resume", "cancel")),
    Rule("job throttle", Closed.JOB),
    Rule("job list", Closed.LISTING),
    Rule("bulk ", Closed.BULK),
    Rule("access readers", Closed.OFFICE, ("compliance.yuan",)),
    Rule("access explain", Closed.OFFICE, ("compliance.yuan",)),
    Rule("access emergencies", Closed.OFFICE, ("compliance.yuan",)),
    Rule("access review", Closed.EMERGENCY),
    *(Rule(f"app {verb}", Closed.OFFICE, ("compliance.yuan",)) for verb in ("disable", "enable")),
    *(Rule(f"connection {verb}", Closed.OFFICE, ("it.cao",)) for verb in ALL_OF_CONNECTION),
    *(
        Rule(f"imaging {verb}", Closed.OFFICE, ("it.cao",))
        for verb in (("waiting", "open", "link", "set-aside", "find", "worklist", "fetch", "send"))
    ),
    Rule("knowledge erase", Closed.OFFICE, ("compliance.yuan",)),
    *(Rule(f"knowledge {verb}", Closed.COLLECTION, ("it.cao",)) for verb in CURATING),
    *(Rule(f"knowledge {verb}", Closed.DOCUMENT) for verb in ("show", "search")),
    Rule("knowledge list", Closed.LISTING),
    Rule("privacy reidentify", Closed.SURROGATES),
    *(Rule(f"keys {verb}", Closed.OFFICE, ("security.dong",)) for verb in CHANGING_KEYS),
    *(
        Rule(f"monitor {verb}", Closed.OFFICE, ("compliance.yuan",))
        for verb in ("show", "export", "alarms", "rules", "rule", "answer", "benefit", "readings")
    ),
    Rule("incident ", Closed.INCIDENT),
    Rule("register ", Closed.OFFICE, ("compliance.yuan",)),
    *(Rule(f"evaluate {verb}", Closed.OFFICE, ("compliance.yuan",)) for verb in EVALUATING),
    Rule("rules ", Closed.OFFICE, ("pharm.jiang",)),
    Rule("drugs ", Closed.OFFICE, ("pharm.jiang",)),
    Rule("claim export", Closed.OFFICE, ("compliance.yuan",)),
    *(
        Rule(f"training {verb}", Closed.OFFICE, ("compliance.yuan",))
        for verb in ("record", "revoke")
    ),
    Rule("disclosure take-certificate", Closed.OFFICE, ("security.dong",)),
    Rule("disclosure ", Closed.OFFICE, ("compliance.yuan",)),
    *(Rule(f"release {verb}", Closed.OFFICE, ("compliance.yuan",)) for verb in MOVING),
    *(Rule(f"retention {verb}", Closed.OFFICE, ("compliance.yuan",)) for verb in HOLDING),
    *(
        Rule(f"erasure {verb}", Closed.OFFICE, ("compliance.yuan",))
        for verb in ("list", "request", "approve", "refuse")
    ),
    # The work of the operator at the machine, who owns the state directory: no --as, no record.
    *(Rule(name, Closed.NOBODYS) for name in OPERATING),
    *(
        Rule(f"{noun} ", Closed.NOBODYS)
        for noun in ("user", "client", "model", "endpoint", "release", "evaluate", "audit")
    ),
)
"""Lines of the command line, by command or, where it ends in a space, by noun."""

KNOWN_TOOLS = {"search_evidence", "check_prescription", "read_patient_summary", "list_drafts"}
"""What agents find; all of them are tried."""

LISTENERS = frozenset({ConnectionKind.HL7V2_LISTENER, ConnectionKind.DICOM_LISTENER})
"""Doors that are no HTTP; they take in and hand nothing out."""


SHELL = "suwen"


@dataclass(frozen=True)
class Interface:
    """One way in, as the program registers it; a command's method is ``suwen``."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def rule(self) -> Rule | None:
        """The most exact line that names it; ``None`` when nobody said whose it is."""
        if self.method == SHELL:
            return next((rule for rule in COMMANDS if _is_of(self.path, rule.begins)), None)
        if self.path == "/":
            return Rule("/", Closed.NOBODYS)
        if str(self) in EXACT:
            return EXACT[str(self)]
        found = [rule for rule in RULES if self.path.startswith(rule.begins)]
        return max(found, key=lambda rule: len(rule.begins), default=None)


def _is_of(command: str, line: str) -> bool:
    return command == line or (line.endswith(" ") and command.startswith(line))


def interfaces() -> Iterator[Interface]:
    """Everything that answers HTTP (pages, REST, FHIR, MCP, CDS Hooks, OpenAI, and the device
    partition), and commands."""
    for route in [
        *page_routes(StaticFiles()),
        *api.router.routes,
        *api_answers.router.routes,
        *prescription_api.router.routes,
        *quality_api.router.routes,
        *bulk_api.router.routes,
    ]:
        for method in sorted((getattr(route, "methods", None) or {"POST"}) - {"HEAD"}):
            yield Interface(method, str(getattr(route, "path", "")))
    for method, path in HANDLERS:
        yield Interface(method, path)
    of_desk = [*desk.ROUTES, *tables.ROUTES, *learned.ROUTES]
    for route in [*health.HEALTH, *chat.ROUTES, *ways.ROUTES, *of_desk]:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield Interface(method, f"{PATIENTS}{route.path}")
    tree = get_command(program)
    assert isinstance(tree, CommandTree)
    for name, _ in every_command(tree):
        yield Interface(SHELL, name)


def unknown() -> list[str]:
    """Interfaces, doors, tools and listeners of which nobody said by what they are closed."""
    found = [str(one) for one in interfaces() if one.rule is None]
    doors = [door.path for door in DOORS if door.path not in ("/", "/api/", "/fhir/", "/static/")]
    found += [path for path in doors if Interface("GET", path).rule is None]
    found += [tool for tool in TOOL_OF.values() if tool not in KNOWN_TOOLS]
    listening = {kind for kind in ConnectionKind if kind.value.endswith("_listener")}
    return [*found, *(kind.value for kind in sorted(listening - LISTENERS))]
