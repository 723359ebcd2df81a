"""The same platform as for OpenAI's clients, as agents find it."""

from __future__ import annotations

from tests.integration.openai_api.conftest import programs

__all__ = ["programs"]
