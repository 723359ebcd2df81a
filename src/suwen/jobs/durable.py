"""DBOS, with nothing of it set from outside, nothing printed and nobody called.

It reads the environment while it is loaded, so its variables are taken away before.
"""

from __future__ import annotations

import logging
import os

for _name in [name for name in os.environ if name.startswith("DBOS_")]:
    del os.environ[_name]

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID  # noqa: E402 - as said above

_quiet = logging.getLogger("dbos")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False

__all__ = ["DBOS", "DBOSPortableJSONSerializer", "SetWorkflowID"]
