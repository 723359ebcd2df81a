"""What the operator may set about CDS Hooks, and what is refused at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.settings import read_settings
from suwen.core.errors import ConfigurationError

CLIENT: dict[str, Any] = {
    "name": "his",
    "issuer": "https://his.test",
    "key_file": "/etc/suwen/his.json",
}


def written(folder: Path, base: str | None, *clients: dict[str, Any]) -> dict[str, str]:
    lines = ["[cds_hooks]"]
    if base is not None:
        lines.append(f'base_url = "{base}"')
    for client in clients:
        lines.append("[[cds_hooks.clients]]")
        for name, value in client.items():
            lines.append(f"{name} = {value!r}".replace("'", '"').replace("True", "true"))
    (folder / "suwen.toml").write_text("\n".join(lines), encoding="utf-8")
    return {
        "SUWEN_HOME": str(folder),
        "SUWEN_AUDIT_ANCHOR": str(folder.parent / f"{folder.name}-anchor"),
    }


def test_a_registered_client(tmp_path: Path) -> None:
    found = read_settings(written(tmp_path, "https://suwen.test", CLIENT)).cds_hooks
    [client] = found.clients
    assert (found.deadline_ms, client.ceiling, client.algorithms) == (500, 5, ("ES384", "RS384"))
    assert read_settings(written(tmp_path, None)).cds_hooks.clients == ()


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        (None, {}),
        ("https://suwen.test/", {}),
        ("suwen.test", {}),
        ("https://suwen.test?x=1", {}),
        ("https://suwen.test", {"name": "H I S"}),
        ("https://suwen.test", {"issuer": ""}),
        ("https://suwen.test", {"key_file": "keys.json"}),
        ("https://suwen.test", {"key_url": "https://his.test/keys"}),
        ("https://suwen.test", {"key_file": None}),
        ("https://suwen.test", {"key_file": None, "key_url": "http://his.test/keys"}),
        ("https://suwen.test", {"algorithms": ["HS256"]}),
        ("https://suwen.test", {"algorithms": ["none"]}),
        ("https://suwen.test", {"algorithms": []}),
        ("https://suwen.test", {"fhir_server": "http://his.test/fhir"}),
        ("https://suwen.test", {"ceiling": 6}),
        ("https://suwen.test", {"secret": "x"}),
    ],
)
def test_what_is_unsafe_is_refused(
    tmp_path: Path, base: str | None, changes: dict[str, Any]
) -> None:
    client = {k: v for k, v in {**CLIENT, **changes}.items() if v is not None}
    with pytest.raises(ConfigurationError) as caught:
        read_settings(written(tmp_path, base, client))
    assert caught.value.code == "settings_wrong"


def test_two_clients_of_one_name_or_issuer(tmp_path: Path) -> None:
    for changes in ({"issuer": "https://other.test"}, {"name": "other"}):
        with pytest.raises(ConfigurationError):
            read_settings(written(tmp_path, "https://suwen.test", CLIENT, {**CLIENT, **changes}))
