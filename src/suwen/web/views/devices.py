"""What a browser calls itself, in words that its owner knows it by."""

from __future__ import annotations

import re
from typing import Final

# The first that is met: most browsers also name those that they descend from.
_BROWSERS: Final = (
    ("WeCom", re.compile(r"wxwork/(\d+)")),
    ("WeChat", re.compile(r"MicroMessenger/(\d+)")),
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Headless)?(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[^ ]* (?:Mobile/\S+ )?Safari/")),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(told: str) -> str | None:
    """Browser and system, as ``Chrome 142 · Windows``; ``None`` where neither is known.

    Source: RFC 9110, section 10.1.5 (User-Agent), and what the browsers send in 2026.
    """
    browser = next(
        (f"{name} {found[1]}" for name, form in _BROWSERS if (found := form.search(told))), None
    )
    system = next((name for mark, name in _SYSTEMS if mark in told), None)
    return " · ".join(part for part in (browser, system) if part) or None
