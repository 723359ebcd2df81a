"""Secrets in files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

_PASSWORD_BYTES = 32


def secrets_folder(home: Path) -> Path:
    """The folder of a site's secrets (mode 0700), made when it is not there."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def read_or_create_password(file: Path) -> str:
    """The password in the file; a new random one of 256 bits when the file is not there."""
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(_PASSWORD_BYTES).encode())
    password = read_secret(file).decode("ascii", errors="replace").strip()
    if not password:
        raise ConfigurationError(
            "secret_file_empty",
            Bilingual(
                zh=f"密钥文件 {file.name} 为空。请从备份恢复，或删除该文件后重新启动。",
                en=f"The secret file {file.name} is empty. Restore it, or delete it and restart.",
            ),
        )
    return password


def read_secret(file: Path) -> bytes:
    """The bytes of a secret file.

    Raises:
        ConfigurationError: ``secret_file_readable_by_others`` when its mode lets others read it.
    """
    if file.stat().st_mode & 0o077:
        raise ConfigurationError(
            "secret_file_readable_by_others",
            Bilingual(
                zh=f"密钥文件 {file.name} 可被其他账号读取。请将其权限改为 0600。",
                en=f"The secret file {file.name} can be read by other accounts. Set mode 0600.",
            ),
        )
    return file.read_bytes()


def write_secret(file: Path, content: bytes) -> None:
    """Writes a secret durably and at once: a reader sees the whole of it or none (mode 0600)."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Makes the entries of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
