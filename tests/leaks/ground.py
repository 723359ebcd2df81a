"""What lies on the site that attempts are made at, and whose it is."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suwen.bootstrap.cds_settings import CdsClientSettings, CdsHooksSettings
from suwen.bootstrap.hospital_sign_in import launch_secret
from suwen.bootstrap.library.editions import BuildWish
from suwen.bootstrap.sign_in_settings import LaunchSettings
from suwen.control.access.clients import (
    ASK_ENGINES,
    EMBED,
    LAUNCH,
    READ_DRAFTS,
    READ_RECORDS,
    SEARCH_EVIDENCE,
)
from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.emergency import Declaration, EmergencyReason
from suwen.core.identity import Channel, batch_principal
from suwen.core.knowledge import Rights
from suwen.core.language import Bilingual
from suwen.inference.scripted import ScriptedEngine
from suwen.storage.api_clients import ApiClientStore
from suwen.storage.knowledge_types import NewCollection
from tests.leaks.asking import Ask, Doors, Line, Shell, by_token, form_by_token, in_browser
from tests.support.cds_emr import BASE, Emr, allergy, call, medicines_prefetch, order
from tests.support.clients import Programs
from tests.support.web_library import a_document, fill_library
from tests.support.web_site import Answer, WebSite

NEVER_READ = ("it.cao", "security.dong", "audit.bai", "compliance.yuan", "service.tao")
"""People whose roles open no record: they get one answer, whether a record is there or not."""

CLINICIANS = ("dr.lin", "dr.qiu", "dr.wei", "dr.shen", "dr.gu")
"""One physician of each ward."""

CHIEF_OF = dict(zip(CLINICIANS, ("dr.sun", "dr.xie", "dr.kong", "dr.nie", "dr.lu"), strict=True))

CLOSED_SHELF = "board"
"""A collection of class 5, for chief physicians alone."""

CLOSED_DOCUMENT, CLOSED_TEXT = "resolution", "合并药房的决议"

NOTE = json.dumps({"id": "n1", "text": "患者欧阳映雪，电话 13912345678。"}) + "\n"

ALL_SCOPES = (ASK_ENGINES, EMBED, SEARCH_EVIDENCE, READ_RECORDS, READ_DRAFTS, LAUNCH)


@dataclass(frozen=True)
class Patient:
    """Somebody of one ward alone; ``facts`` are what nobody else may be told."""

    id: str
    right: str
    name: str
    facts: tuple[str, ...]


@dataclass
class Ground:
    """The site, what lies on it, and what everybody carries to its doors."""

    site: WebSite
    shell: Shell
    emrs: Mapping[str, Emr]
    doors: Doors = field(init=False)
    patients: list[Patient] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)
    emergencies: dict[str, str] = field(default_factory=dict)
    bulk: dict[str, str] = field(default_factory=dict)
    incidents: dict[str, str] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    practitioners: dict[str, str] = field(default_factory=dict)
    card: str = ""
    signer: str = ""
    launch_secret: bytes = b""
    surrogates: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.doors = Doors(self.site)

    @property
    def bulk_start(self) -> tuple[str, ...]:
        """The command that starts a run over the first physician's first patient."""
        file = self.shell.folder / "requests.jsonl"
        request = {
            "patient_id": self.of(CLINICIANS[0])[0].id,
            "document_type": "admission_record",
            "language": "zh",
        }
        file.write_text(json.dumps({"request": request}) + "\n", encoding="utf-8")
        return ("bulk", "start", "record_writer", "--input", str(file))

    def token(self, account: str) -> str:
        """A person's token, asked for once."""
        if account not in self._tokens:
            self._tokens[account] = self.site.token(account)
        return self._tokens[account]

    def by(self, account: str, method: str, path: str, body: Any = None, **headers: str) -> Ask:
        """A request by a person's token; what a page takes is sent as its form."""
        if path.startswith(("/api/", "/drafts/", "/mcp")):
            return by_token(self.token(account), method, path, body, **headers)
        return form_by_token(self.token(account), method, path, body)

    def page(self, account: str, method: str, path: str, body: Any = None) -> Ask:
        """The same by the person's browser."""
        return in_browser(self.token(account), method, path, body)

    def ask(self, ask: Ask) -> Answer:
        """What a door answers."""
        told: Answer = self.doors.run(self.doors.ask(ask))
        return told

    def of(self, right: str) -> list[Patient]:
        """Patients of one physician alone."""
        return [one for one in self.patients if one.right == right]


def sections(folder: Path, emrs: Mapping[str, Emr]) -> dict[str, Any]:
    """Settings under which every door is open to somebody."""
    clients = []
    for name, emr in emrs.items():
        file = folder / f"{name}-keys"
        file.mkdir()
        issuer, keys = emr.issuer, str(emr.key_file(file))
        clients.append(
            CdsClientSettings(name=name, issuer=issuer, key_file=keys, algorithms=("ES384",))
        )
    cds = CdsHooksSettings(
        base_url=BASE, clock_leeway_seconds=0, deadline_ms=9000, clients=tuple(clients)
    )
    return {"cds_hooks": cds, "launch": LaunchSettings(signed_addresses=True)}


def lay_out(ground: Ground, engine: ScriptedEngine, vectors: Any) -> None:
    """Each ward's physician with the patients of that ward alone, and what hangs on them."""
    site = ground.site
    site.run(fill_library(site.platform))
    site.run(_closed_shelf(site))
    _people(ground)
    _patients(ground)
    _drafts(ground)
    _emergencies(ground)
    _job(ground)
    _bulk(ground)
    _question(ground)
    _keys(ground, Programs(site, engine), vectors)
    _card(ground)
    _surrogates(ground)


async def _closed_shelf(site: WebSite) -> None:
    library, by = site.platform.library, batch_principal("tester")
    title = Bilingual(zh="院务会", en="Hospital board")
    wanted = NewCollection(CLOSED_SHELF, title, rights=Rights(sensitivity=5))
    await library.curation.create_collection(wanted, by)
    documents = [a_document(CLOSED_DOCUMENT, f"# 院务会\n\n{CLOSED_TEXT}，年底前完成。")]
    now = site.platform.clock.now()
    await library.parts.store.put_documents(CLOSED_SHELF, documents, by.id, now)
    await library.editions.build(CLOSED_SHELF, by, BuildWish(with_vectors=False))


def _people(ground: Ground) -> None:
    for person in ground.site.run(ground.site.platform.people.list()):
        if person.id in CLINICIANS:
            [ground.departments[person.id]] = person.departments
            ground.practitioners[person.id] = person.practitioner


def _patients(ground: Ground) -> None:
    seen: dict[str, list[str]] = {}
    rows: dict[str, Any] = {}
    for account in CLINICIANS:
        told = ground.ask(ground.by(account, "GET", "/api/v1/patients?limit=200")).json
        for row in told["patients"]:
            rows[row["id"]] = row
            seen.setdefault(row["id"], []).append(account)
    for one, whose in seen.items():
        row = rows[one]
        if len(whose) == 1 and row["name"]:
            facts = tuple(str(row[key]) for key in ("name", "identifier") if row[key])
            ground.patients.append(Patient(one, whose[0], row["name"], facts))


def _drafts(ground: Ground) -> None:
    """Two drafts of each ward, and one of them signed."""
    for account in CLINICIANS:
        for patient in ground.of(account)[:2]:
            request = {
                "patient_id": patient.id,
                "document_type": "admission_record",
                "language": "zh",
            }
            ask = ground.by(account, "POST", "/api/v1/apps/record_writer/run", {"request": request})
            made = ground.ask(ask)
            assert made.status == 200, made.text
            ground.drafts[made.json["run"]["draft_id"]] = account
            ground.runs[made.json["run"]["trace_id"]] = account
        last = list(ground.drafts)[-1]
        ground.signed[_signed(ground, account, last)] = account


def _signed(ground: Ground, account: str, draft: str) -> str:
    shown = ground.ask(ground.by(account, "GET", f"/api/v1/drafts/{draft}")).json
    result = shown["content"]["result"]
    left = [
        statement["id"]
        for part in result["document"]["sections"]
        for statement in part["statements"]
        if not statement["supported"]
    ]
    grave = ("contraindicated", "major")
    left += [finding["id"] for finding in result["findings"] if finding["severity"] in grave]
    body = {
        "version": shown["version"],
        "content_hash": shown["content_hash"],
        "password": ground.site.passwords[account],
        "acknowledged": left,
    }
    done = ground.ask(ground.by(account, "POST", f"/api/v1/drafts/{draft}/sign", body))
    assert done.status == 200, done.text
    return str(done.json["signed_record"])


def _emergencies(ground: Ground) -> None:
    """One that the first two physicians each declared for a patient of the other."""
    platform = ground.site.platform
    for account, other in (("dr.lin", "dr.qiu"), ("dr.qiu", "dr.lin")):
        reason = EmergencyReason.LIFE_THREATENING.value
        declared = Declaration(ground.of(other)[-1].id, reason, "Brought in unconscious")
        proof = Proof(password=ground.site.passwords[account])
        principal = ground.site.run(
            platform.authentication.principal_of(ground.token(account), Channel.WEB)
        )
        opened = ground.site.run(platform.emergencies.open(principal, declared, proof))
        ground.emergencies[opened.id] = account
        # Whoever declared it may read that record now, so that nobody tries it as a wrong one.
        ground.patients = [one for one in ground.patients if one.id != opened.patient]


def _job(ground: Ground) -> None:
    asked = ground.by("it.cao", "POST", "/library/chest/editions/build", {"rows": "5"})
    told = ground.ask(asked)
    assert told.status == 303, told.text
    listed = ground.site.run(ground.site.platform.jobs.list(batch_principal("tester")))
    ground.jobs[str(listed[0].id)] = "it.cao"


def _bulk(ground: Ground) -> None:
    """A run that the first physician started over a record of their ward."""
    told = ground.shell.ask(Line((*ground.bulk_start, "--as", "dr.lin")))
    assert told.status == 0, told.text
    ground.bulk[told.json["id"]] = "dr.lin"


def _question(ground: Ground) -> None:
    """A question that the first physician asked of the library."""
    form = {"query": "社区获得性肺炎抗菌药物疗程", "collection": "chest"}
    told = ground.ask(ground.by("dr.lin", "POST", "/evidence", form))
    assert told.status == 303, told.text
    ground.questions[told.headers["location"].rpartition("/")[2]] = "dr.lin"


def _keys(ground: Ground, programs: Programs, vectors: Any) -> None:
    """A key of each ward, keys for one thing each, and one that is cleared for little."""
    for account, department in ground.departments.items():
        ground.keys[account] = programs.key(
            scopes=frozenset({READ_RECORDS, READ_DRAFTS}), departments=frozenset({department})
        )
    for scope in ALL_SCOPES:
        ground.keys[scope] = programs.key(scopes=frozenset({scope}))
    listed = ground.site.run(ApiClientStore(ground.site.platform.database).list())
    [signer] = [one for one in listed if one.scopes == frozenset({LAUNCH})]
    ground.signer = signer.id
    ground.launch_secret = launch_secret(ground.site.platform.settings, signer)
    first = frozenset({ground.departments[CLINICIANS[0]]})
    ground.keys["low"] = programs.key(scopes=frozenset(ALL_SCOPES), ceiling=2, departments=first)
    ground.keys["high"] = programs.key(scopes=frozenset(ALL_SCOPES), departments=first)
    can = frozenset({"chat", "json_schema", "tools"})
    programs.put(programs.engine.endpoint("ward", capabilities=can, max_concurrent=64))
    programs.put(programs.engine.endpoint("plain", capabilities=frozenset({"chat"}), ceiling=2))
    programs.put(vectors.endpoint(name="vectors", capabilities=frozenset({"embedding"})))
    programs.told()


def _card(ground: Ground) -> None:
    """A card that the first EMR was given."""
    path = "/cds-services/order-sign"
    prefetch = medicines_prefetch(allergy("青霉素"))
    body = call("order-sign", order("阿莫西林胶囊"), prefetch=prefetch)
    emr = ground.emrs["emr"]
    ask = Ask("POST", path, emr.headers(path), json.dumps(body).encode())
    ground.card = ground.ask(ask).json["cards"][0]["uuid"]


def _surrogates(ground: Ground) -> None:
    """A note that the first physician had deidentified, and what names its map."""
    asked = ("--input", "-", "--output", "-", "--as", "dr.lin")
    line = Line(("privacy", "deidentify", *asked), NOTE)
    told = ground.shell.ask(line)
    assert told.status == 0, told.text
    ground.surrogates[told.text] = "dr.lin"


def a_uuid(chance: random.Random) -> str:
    """The id of nothing."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
