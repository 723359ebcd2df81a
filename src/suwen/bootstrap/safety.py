"""When the platform refuses to start, or to let demonstration and real records meet."""

from __future__ import annotations

import ipaddress

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unsafe_demonstration(*, host: str, has_real_records: bool) -> None:
    """Refuses demonstration accounts where somebody else could use them.

    Raises:
        ConfigurationError: ``demonstration_not_on_loopback`` or
            ``demonstration_beside_real_records``.
    """
    if not is_loopback(host):
        raise ConfigurationError(
            "demonstration_not_on_loopback",
            Bilingual(
                zh="演示账户只能在本机回环地址使用。请监听 127.0.0.1，或加 --no-demo 启动。",
                en="Demonstration accounts exist on the loopback address only. "
                "Listen on 127.0.0.1, or start with --no-demo.",
            ),
            field="web.host",
        )
    if has_real_records:
        raise ConfigurationError(
            "demonstration_beside_real_records",
            Bilingual(
                zh="状态目录中已有导入的真实病历，不能同时使用演示账户。请加 --no-demo 启动，"
                "或为演示另设 SUWEN_HOME。",
                en="This state directory holds imported real records; demonstration accounts may "
                "not exist beside them. Start with --no-demo, or give the demonstration "
                "another SUWEN_HOME.",
            ),
        )
