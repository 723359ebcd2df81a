"""What surrounds every page: who is signed in, where one may go, what is out of use."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.language import Language
from suwen.storage.emergency_access import EmergencyAccess
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.people import DEMONSTRATION, OIDC
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.names import name_of

Offered = tuple[tuple[str, str, Action], ...]

PLACES: Offered = (
    ("worklist", "/worklist", Action.LIST_PATIENTS),
    ("prescriptions", "/prescriptions", Action.SUBMIT_PRESCRIPTIONS),
    ("quality", "/quality", Action.LIST_PATIENTS),
    ("rules", "/rules", Action.READ_RULES),
    ("evidence", "/evidence", Action.READ_LIBRARY),
    ("library", "/library", Action.MANAGE_LIBRARY),
    ("jobs", "/jobs", Action.MANAGE_JOBS),
    ("runs", "/runs", Action.READ_TRACE),
    ("applications", "/applications", Action.READ_RELEASES),
    ("register", "/register", Action.READ_RELEASES),
    ("releases", "/releases", Action.READ_RELEASES),
    ("evaluations", "/evaluations", Action.READ_RELEASES),
    ("disagreements", "/disagreements", Action.LIST_DISAGREEMENTS),
    ("monitoring", "/monitoring", Action.READ_MONITORING),
    ("second_readings", "/second-readings", Action.LIST_PATIENTS),
    ("incidents", "/incidents", Action.HANDLE_INCIDENTS),
    ("endpoints", "/endpoints", Action.MANAGE_ENDPOINTS),
    ("connections", "/connections", Action.READ_CONNECTIONS),
    ("people", "/people", Action.MANAGE_PEOPLE),
    ("clients", "/clients", Action.MANAGE_CLIENTS),
    ("emergencies", "/emergencies", Action.LIST_EMERGENCIES),
    ("desk", "/patients-desk", Action.HELP_PATIENTS),
    ("readers", "/readers", Action.REPORT_READERS),
    ("retention", "/retention", Action.READ_RETENTION),
    ("explain", "/access/explain", Action.EXPLAIN_ACCESS),
    ("audit", "/audit", Action.READ_AUDIT),
    ("system", "/system", Action.READ_STATUS),
)
"""Name, address and needed right of each place in the menu, in its order."""

GOVERNANCE = frozenset(
    {
        *("rules", "register", "releases", "evaluations", "disagreements"),
        *("monitoring", "second_readings", "incidents"),
    }
)
OPERATION = frozenset(
    {
        *("jobs", "runs", "applications", "endpoints", "connections", "people", "clients"),
        *("emergencies", "readers", "retention", "explain", "audit", "system"),
    }
)
FITS_IN_THE_BAR = 8
"""So many places stand in the bar side by side; where there are more, some go into menus."""

ACCOUNTABILITY: Offered = (
    ("register", "/register", Action.READ_RELEASES),
    ("disclosures", "/disclosures", Action.READ_RELEASES),
    ("training", "/training", Action.READ_RELEASES),
    ("reliance", "/reliance", Action.READ_RELIANCE),
    ("claims", "/claims", Action.READ_RELIANCE),
)
"""What stands beside the register, on its own line of places."""

HOMES: Offered = (
    ("prescriptions", "/prescriptions", Action.REVIEW_PRESCRIPTIONS),
    ("worklist", "/worklist", Action.LIST_PATIENTS),
    ("audit", "/audit", Action.READ_AUDIT),
    ("people", "/people", Action.MANAGE_PEOPLE),
    ("system", "/system", Action.MANAGE_ENDPOINTS),
    ("applications", "/applications", Action.READ_RELEASES),
    ("readers", "/readers", Action.REPORT_READERS),
    ("evidence", "/evidence", Action.READ_LIBRARY),
)
"""Where somebody starts: the first that they have a right to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that this person may go to."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Places below one word of the bar; ``name`` is empty for a place that stands there itself."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Banner:
    """An application that is out of use, why, and who took it out of use, by name and role."""

    app_title: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of a page for a signed-in person.

    Attributes:
        beside_register: what belongs to the register, for this person.
        proves_elsewhere: name of the hospital's provider where the person proves who they are;
            empty where a password does.
        emergencies: emergency access that is open to the person now, each with the patient.
        launched: the one patient whom this session is for; ``None`` for a session of its own.
    """

    account: str
    name: str
    roles: tuple[str, ...]
    menus: tuple[Menu, ...]
    beside_register: tuple[Place, ...]
    suspended: tuple[Banner, ...]
    demonstration: bool
    hospital: str
    idle_minutes: int
    proves_elsewhere: str
    launched: PatientSummary | None
    emergencies: tuple[tuple[EmergencyAccess, PatientSummary | None], ...]

    def place_of(self, address: str) -> str:
        """The place of the bar that a page belongs to; empty where it belongs to none."""
        own = (p.address for menu in self.menus for p in menu.places)
        return max((a for a in own if address.startswith(a)), key=len, default="")


def places_for(
    platform: Platform, visitor: Visitor, offered: Offered = PLACES
) -> tuple[Place, ...]:
    """Of the places that are offered those of a person, by policy; by default the menu."""
    return tuple(
        Place(name, address)
        for name, address, action in offered
        if platform.access.decide(visitor.principal, action, InstallationTarget()).allowed
    )


def menus_of(places: tuple[Place, ...]) -> tuple[Menu, ...]:
    """The bar: daily work first, then what is governed and what is operated, each in a menu.

    Few places stand side by side without menus, and a menu of one place is that place.
    """
    if len(places) <= FITS_IN_THE_BAR:
        return tuple(Menu("", (place,)) for place in places)
    daily = [p for p in places if p.name not in GOVERNANCE | OPERATION]
    bar = [Menu("", (place,)) for place in daily]
    for name, names in (("governance", GOVERNANCE), ("operation", OPERATION)):
        below = tuple(place for place in places if place.name in names)
        if below:
            bar.append(Menu(name if len(below) > 1 else "", below))
    return tuple(bar)


def home_of(platform: Platform, visitor: Visitor) -> str:
    """Where this person starts: at their own daily work."""
    return next((place.address for place in places_for(platform, visitor, HOMES)), "/about")


async def shell_for(platform: Platform, visitor: Visitor, language: Language) -> Shell:
    """The frame for this person."""
    principal = visitor.principal
    banners = []
    for standing in await platform.releases.suspensions():
        installed = platform.applications.get(standing.app)
        title = installed.manifest.title.in_language(language) if installed else standing.app
        by = await name_of(platform, standing.suspended_by, Texts(language), with_roles=True)
        banners.append(Banner(title, standing.reason, by))
    site = platform.settings.site
    person = await platform.people.read(principal.id)
    launched = None
    if principal.launched_for is not None:
        launched = await platform.records.read_summary(principal.launched_for)
    emergencies = [
        (access, await platform.records.read_summary(access.patient))
        for access in await platform.emergencies.active(principal)
    ]
    provider = platform.settings.oidc
    title = provider.title_zh if language is Language.ZH else provider.title_en
    return Shell(
        account=principal.id,
        name=principal.name,
        roles=tuple(sorted(role.value for role in principal.roles)),
        menus=menus_of(places_for(platform, visitor)),
        beside_register=places_for(platform, visitor, ACCOUNTABILITY),
        suspended=tuple(banners),
        demonstration=person.origin == DEMONSTRATION,
        hospital=site.name_zh if language is Language.ZH else site.name_en,
        idle_minutes=platform.settings.web.idle_minutes,
        proves_elsewhere=title if person.origin == OIDC else "",
        launched=launched,
        emergencies=tuple(emergencies),
    )
