"""How the process that draws a page says that it could not; read without its libraries."""

from __future__ import annotations

from typing import Final

NO_SUCH_PAGE: Final = 3
UNREADABLE: Final = 4
