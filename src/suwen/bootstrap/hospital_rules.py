"""Files of rules that lie beside the settings change nothing: two people agree on rows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

FOLDER: Final = "rules"


def refuse_rule_files(home: Path) -> None:
    """Opens no site in whose state directory somebody laid a file of rules.

    Left out in silence it would be taken for rules that work.

    Raises:
        ConfigurationError: ``rules_need_two_people`` with the name of the first file.
    """
    file = next(iter(sorted((home / FOLDER).glob("*.toml"))), None)
    if file is None:
        return
    name = f"{FOLDER}/{file.name}"
    raise ConfigurationError(
        "rules_need_two_people",
        Bilingual(
            zh=f"{name} 不再生效：本院规则须由两人同意。请移出此文件，在“规则”页面改，"
            "或用 suwen rules import 导入，由另一人同意。",
            en=f"{name} has no effect: two people agree on a hospital's rules. Move the file away "
            "and change the rows under Rules, or with suwen rules import; another person agrees.",
        ),
        detail={"file": name},
    )
