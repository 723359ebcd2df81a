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
from suwen.web.app import page_routes
from suwen.web.doors import DOORS
from suwen.web.mcp.tools import TOOL_OF
from suwen.web.openai.routes import HANDLERS
from suwen.web.routes import api
from suwen.web.static_files import StaticFiles


class Closed(StrEnum):
    """By what an interface is closed to the wrong person."""

    PATIENT = "patient"
    DRAFT = "draft"
    RUN = "run"
    OFFICE = "office"
    COLLECTION = "collection"
    LISTING = "listing"
    KEY = "key"
    OTHER = "other"
    NOBODYS = "nobody's"


@dataclass(frozen=True)
class Rule:
    """Which interfaces (by method and beginning of the address) are closed by what.

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
    Rule("/runs/", Closed.RUN),
    Rule("/api/v1/runs/", Closed.RUN),
    Rule("/evidence/{trace}", Closed.RUN),
    Rule("/library", Closed.COLLECTION, ("it.cao",)),
    Rule("/people", Closed.OFFICE, ("security.dong",)),
    Rule("/endpoints", Closed.OFFICE, ("it.cao",)),
    Rule("/api/v1/endpoints", Closed.OFFICE, ("it.cao",)),
    Rule("/clients", Closed.OFFICE, ("security.dong",)),
    Rule("/audit", Closed.OFFICE, ("audit.bai",)),
    Rule("/api/v1/audit/head", Closed.OFFICE, ("audit.bai",)),
    Rule("/connections", Closed.OFFICE, ("it.cao",)),
    Rule("/dry-run/", Closed.OFFICE, ("it.cao",)),
    Rule("/messages", Closed.OFFICE, ("it.cao",)),
    Rule("/imaging/", Closed.OFFICE, ("it.cao",)),
    Rule("/jobs/", Closed.OTHER),
    Rule("/library/{collection}/documents/", Closed.OTHER),
    Rule("/library/{collection}/page-images/", Closed.OTHER),
    Rule("/jobs", Closed.LISTING),
    Rule("/system", Closed.OFFICE, ("it.cao",)),
    Rule("/api/v1/status", Closed.OFFICE, ("it.cao",)),
    Rule("/applications", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/register", Closed.OFFICE, ("compliance.yuan",)),
    Rule("/fhir/{type}", Closed.OTHER),
    # Tried where they are built: a patient's readers, the simulator, emergencies, jobs, documents.
    Rule("/readers", Closed.OTHER),
    Rule("/access", Closed.OTHER),
    Rule("/emergency", Closed.OTHER),
    Rule("/emergencies", Closed.OTHER),
    Rule("/account", Closed.OTHER),
    Rule("/worklist", Closed.LISTING),
    Rule("/palette", Closed.LISTING),
    Rule("/runs", Closed.LISTING),
    Rule("/evidence", Closed.LISTING),
    Rule("/api/v1/worklist", Closed.LISTING),
    Rule("/api/v1/patients", Closed.LISTING),
    Rule("/api/v1/drafts", Closed.LISTING),
    Rule("/api/v1/launches", Closed.KEY),
    Rule("/v1/", Closed.KEY),
    Rule("/mcp", Closed.KEY),
    Rule("/cds-services/", Closed.KEY),
    Rule("/cds-services", Closed.NOBODYS),
    Rule("/fhir-notifications/", Closed.NOBODYS),
    Rule("/fhir/metadata", Closed.NOBODYS),
    Rule("/api/v1/apps", Closed.NOBODYS),
    Rule("/api/openapi.json", Closed.NOBODYS),
    Rule("/api/v1/token", Closed.NOBODYS),
    Rule("/sign-in", Closed.NOBODYS),
    Rule("/sign-out", Closed.NOBODYS),
    Rule("/language", Closed.NOBODYS),
    Rule("/launch/", Closed.NOBODYS),
    Rule("/smart/", Closed.NOBODYS),
    Rule("/healthz", Closed.NOBODYS),
    Rule("/readyz", Closed.NOBODYS),
    Rule("/metrics", Closed.NOBODYS),
    Rule("/static/", Closed.NOBODYS),
    Rule("/about", Closed.NOBODYS),
)

KNOWN_TOOLS = {"search_evidence", "check_prescription"}
KNOWN_COMMANDS = frozenset(
    {"up", "serve", "worker", "listen", "status", "doctor", "login", "user", "launch", "client"}
    | {"mcp", "model", "endpoint", "fhir", "record", "app", "draft", "verify", "release"}
    | {"evaluate", "knowledge", "audit", "job", "connection", "imaging", "hl7", "backup"}
    | {"egress", "conformance", "guard", "privacy", "access", "register"}
)
"""Nouns of the command line; all act through the desks that the doors act through."""


@dataclass(frozen=True)
class Interface:
    """One way in, as the program registers it."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def rule(self) -> Rule | None:
        """The most exact line that names it; ``None`` when nobody said whose it is."""
        if self.path == "/":
            return Rule("/", Closed.LISTING)
        found = [rule for rule in RULES if self.path.startswith(rule.begins)]
        return max(found, key=lambda rule: len(rule.begins), default=None)


def interfaces() -> Iterator[Interface]:
    """Everything that answers HTTP: pages, REST, FHIR, MCP, CDS Hooks, OpenAI."""
    for route in [*page_routes(StaticFiles()), *api.router.routes]:
        for method in sorted((getattr(route, "methods", None) or {"POST"}) - {"HEAD"}):
            yield Interface(method, str(getattr(route, "path", "")))
    for method, path in HANDLERS:
        yield Interface(method, path)


def unknown() -> list[str]:
    """Interfaces, doors, tools and commands of which nobody said by what they are closed."""
    found = [f"{one.method} {one.path}" for one in interfaces() if one.rule is None]
    doors = [door.path for door in DOORS if door.path not in ("/", "/api/", "/fhir/", "/static/")]
    found += [path for path in doors if Interface("GET", path).rule is None]
    found += [tool for tool in TOOL_OF.values() if tool not in KNOWN_TOOLS]
    tree = get_command(program)
    assert isinstance(tree, CommandTree)
    nouns = {name.split(" ")[0] for name, _ in every_command(tree)}
    return [*found, *sorted(nouns - KNOWN_COMMANDS)]
