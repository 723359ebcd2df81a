"""What an origin looks like, as browsers write it."""

from __future__ import annotations

import re
from typing import Final

ORIGIN: Final = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?")
"""An origin that a Content-Security-Policy may name, never a second directive."""
