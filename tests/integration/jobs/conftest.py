"""The jobs of these tests."""

from tests.support.jobs import jobs

__all__ = ["jobs"]
