"""A file of rules that somebody laid beside the settings opens no platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.errors import ConfigurationError
from suwen.storage.urls import DatabaseUrls


async def test_no_platform_opens_over_a_file_of_rules(state_folder: Path) -> None:
    file = state_folder / "rules" / "triage.toml"
    file.parent.mkdir(parents=True)
    file.write_text("x = 1")
    settings = read_settings({"SUWEN_HOME": str(state_folder)})
    nowhere = DatabaseUrls(*["postgresql+psycopg://nobody@127.0.0.1:1/none"] * 5)
    with pytest.raises(ConfigurationError) as refused:
        async with platform_on(settings, nowhere):
            pass
    assert (refused.value.code, "rules/triage.toml" in refused.value.safe_message.zh) == (
        "rules_need_two_people",
        True,
    )
