"""The model part of a Release: which engine is bound to it, and what that engine is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from suwen.core.audit import content_hash
from suwen.core.identity import BindingId, PrincipalId
from suwen.core.inference import Endpoint
from suwen.core.release import ModelBinding, Release, ReleaseState

EMBEDDED_ADDRESS = "embedded"
"""Address of our own engine, which listens on another port at each start."""


def engine_parts(endpoint: Endpoint) -> dict[str, str]:
    """What makes the answers of an engine, in plain values; its name and key are no part of it.

    Empty is what nobody declared (``weights``, ``quantisation``) or nobody asked yet (``served``).
    """
    return {
        "address": EMBEDDED_ADDRESS if endpoint.embedded else endpoint.url,
        "capabilities": ", ".join(sorted(endpoint.capabilities)),
        "context_tokens": str(endpoint.context_tokens),
        "model": endpoint.model,
        "quantisation": endpoint.quantisation or "",
        "served": endpoint.served or "",
        "weights": endpoint.weights or "",
    }


def endpoint_fingerprint(endpoint: Endpoint) -> str:
    """What a gate result is about: everything of an engine but its name and key."""
    return content_hash(engine_parts(endpoint))


def binding_id(release_parts: Mapping[str, str], engine: Mapping[str, str]) -> BindingId:
    """The hash that names a Release together with its engine: every part of both is in it."""
    return BindingId(content_hash({"release": dict(release_parts), "engine": dict(engine)}))


def new_binding(
    release: Release, endpoint: Endpoint, by: PrincipalId, at: datetime
) -> ModelBinding:
    """The model part of a Release with an engine as it is now, proposed."""
    return _binding(release, endpoint.name, engine_parts(endpoint), by, at)


def succeeding_binding(
    release: Release, former: ModelBinding, by: PrincipalId, at: datetime
) -> ModelBinding:
    """The model part of another Release with the same engine, proposed."""
    return _binding(release, former.endpoint, former.parts, by, at)


def _binding(
    release: Release, endpoint: str, engine: Mapping[str, str], by: PrincipalId, at: datetime
) -> ModelBinding:
    binding = binding_id(release.parts, engine)
    return ModelBinding(
        id=binding,
        app=release.app,
        release=release.hash,
        endpoint=endpoint,
        fingerprint=content_hash(dict(engine)),
        parts=engine,
        state=ReleaseState.PROPOSED,
        stage=None,
        departments=frozenset(),
        evaluated_as=binding,
        approved_as=binding,
        round=1,
        version=1,
        proposed_at=at,
        proposed_by=by,
    )


def every_part(release: Release, binding: ModelBinding | None) -> dict[str, str]:
    """All parts of a Release and its engine by name; those of the engine begin with ``engine.``."""
    engine = {} if binding is None else {f"engine.{n}": v for n, v in binding.parts.items()}
    return {**release.parts, **engine}
