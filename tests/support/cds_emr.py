"""A clinical system that calls CDS services: its keys, its tokens, its calls."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

Key = ECKey | RSAKey | OKPKey

BASE = "https://suwen.test"
ISSUER = "https://emr.test/oauth"


def ec_key(kid: str = "ec-1", curve: str = "P-384") -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid, "use": "sig"})


def rsa_key(kid: str = "rsa-1") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def jwks(*keys: Key, private: bool = False) -> str:
    return json.dumps({"keys": [key.as_dict(private=private) for key in keys]})


@dataclass
class Emr:
    """One system with one key.

    Attributes:
        header: what each token's header says besides alg, kid and typ.
    """

    key: Key = field(default_factory=ec_key)
    algorithm: str = "ES384"
    issuer: str = ISSUER
    base: str = BASE
    header: dict[str, Any] = field(default_factory=dict)

    def key_file(self, folder: Path) -> Path:
        file = folder / "emr-keys.json"
        file.write_text(jwks(self.key), encoding="utf-8")
        return file

    def claims(self, path: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        made = {
            "iss": self.issuer,
            "aud": self.base + path,
            "iat": now,
            "exp": now + 120,
            "jti": str(uuid.uuid4()),
        }
        made.update(changes)
        return {name: value for name, value in made.items() if value is not None}

    def token(self, path: str, **changes: Any) -> str:
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.key.kid, **self.header}
        kept = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(kept, self.claims(path, **changes), self.key, [self.algorithm])

    def headers(self, path: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token(path)}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }


def address(hook: str) -> str:
    return f"/cds-services/{hook}"


def bundle(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": dict(resource)} for resource in resources],
    }


def patient(identity: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": identity,
        "gender": "male",
        "birthDate": "1956-04-01",
        **more,
    }


def allergy(text: str, identity: str = "a1", patient_id: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": identity,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"text": text},
        "patient": {"reference": f"Patient/{patient_id}"},
    }


def order(
    text: str, identity: str = "draft-1", patient_id: str = "p1", *, whole: bool = True
) -> dict[str, Any]:
    """A draft order of a medicine."""
    made: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": text},
        "subject": {"reference": f"Patient/{patient_id}"},
    }
    if whole:
        made["dosageInstruction"] = [
            {
                "route": {"text": "口服"},
                "timing": {"code": {"text": "tid"}},
                "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "g"}}],
            }
        ]
    return made


def call(
    hook: str,
    *orders: Mapping[str, Any],
    prefetch: Mapping[str, Any] | None = None,
    patient_id: str = "p1",
    user: str = "Practitioner/emr-1",
    encounter: str | None = "e1",
    **more: Any,
) -> dict[str, Any]:
    """The body of a call."""
    context: dict[str, Any] = {"userId": user, "patientId": patient_id}
    if encounter is not None:
        context["encounterId"] = encounter
    if hook.startswith("order-"):
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "entry": [{"resource": dict(one)} for one in orders],
        }
    if hook == "order-select":
        context["selections"] = [f"{one['resourceType']}/{one['id']}" for one in orders]
    made = {"hook": hook, "hookInstance": str(uuid.uuid4()), "context": context, **more}
    if prefetch is not None:
        made["prefetch"] = dict(prefetch)
    return made


def medicines_prefetch(*allergies: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the order services ask for."""
    return {
        "patient": patient(),
        "allergies": bundle(*allergies),
        "medications": None,
        "statements": None,
        "orders": None,
        "encounters": None,
        "conditions": None,
        "measured": None,
    }
