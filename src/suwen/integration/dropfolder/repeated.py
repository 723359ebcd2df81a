"""Which business keys of a file stand in several rows that say different things."""

from __future__ import annotations

import hashlib

from suwen.core.record import Resource


class RepeatedKeys:
    """Finds keys that are none, over a whole file and in bounded memory.

    Args:
        most: keys that are remembered; of a larger file the further ones are not compared.
    """

    def __init__(self, most: int = 300_000) -> None:
        self._most = most
        self._content: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()

    def add(self, resource: Resource) -> None:
        """Looks at one resource."""
        key, content = _key(resource), _content(resource)
        before = self._content.get(key)
        if before is None:
            if len(self._content) < self._most:
                self._content[key] = content
        elif before != content:
            self._repeated.add(key)

    def holds(self, resource: Resource) -> bool:
        """Whether another row of the same key says something else."""
        return bool(self._repeated) and _key(resource) in self._repeated

    def forget_single_ones(self) -> None:
        """Gives back the memory once the whole file was looked at."""
        self._content.clear()


def _key(resource: Resource) -> bytes:
    return f"{resource['resourceType']}/{resource['id']}".encode()[-20:]


def _content(resource: Resource) -> bytes:
    return hashlib.blake2b(repr(resource).encode("utf-8", "replace"), digest_size=8).digest()
