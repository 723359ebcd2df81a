"""What a browser calls itself, told so that its owner knows which one it is."""

from __future__ import annotations

import pytest

from suwen.web.views.devices import device_name

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome 142 · Windows"),
        (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge 142 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
         "Firefox 145 · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.1 Safari/605.1.15", "Safari 18 · macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "Safari 18 · iPhone"),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36 "
         "MicroMessenger/8.0.50", "WeChat 8 · Android"),
        ("curl/8.14", None),
    ],
)  # fmt: skip
def test_browser_and_system(told: str, name: str | None) -> None:
    assert device_name(told) == name
