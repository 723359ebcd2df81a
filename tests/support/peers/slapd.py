"""Debian's slapd as the hospital's directory: its own database and ports, groups in groups."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SLAPD = "/usr/sbin/slapd"
BASE = "dc=hospital,dc=example"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
ADMIN = f"cn=admin,{BASE}"
ADMIN_PASSWORD = "of the directory itself"
READER = f"cn=suwen,ou=services,{BASE}"
READER_PASSWORD = "reads people and groups"
_START_S = 20.0

_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/msuser.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 16777216
suffix "{base}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/data
dbnosync
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous none
"""

_START = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: hospital
o: Hospital

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: ou=services,{BASE}
objectClass: organizationalUnit
ou: services

dn: {READER}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: suwen
userPassword: {READER_PASSWORD}
"""


@dataclass
class Slapd:
    """A running directory."""

    folder: Path
    plain: str
    tls: str
    _process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def ca_file(self) -> Path:
        """The authority that issued its certificate."""
        return self.folder / "ca.pem"

    def person(self, uid: str, password: str, name: str | None = None, *more: str) -> str:
        """Adds a person; ``more`` are further lines of the entry. Its name (DN)."""
        dn = f"uid={uid},{PEOPLE}"
        lines = [
            f"dn: {dn}",
            "objectClass: inetOrgPerson",
            f"uid: {uid}",
            f"cn: {name or uid}",
            f"sn: {uid}",
            f"userPassword: {password}",
            *more,
        ]
        self.add("\n".join(lines))
        return dn

    def group(self, name: str, *members: str) -> str:
        """Adds a group of people and groups. Its name (DN)."""
        dn = f"cn={name},{GROUPS}"
        lines = [f"dn: {dn}", "objectClass: groupOfNames", f"cn: {name}"]
        self.add("\n".join(lines + [f"member: {member}" for member in members]))
        return dn

    def add(self, ldif: str) -> None:
        """Adds entries."""
        self._run("ldapadd", ldif)

    def modify(self, ldif: str) -> None:
        """Changes entries."""
        self._run("ldapmodify", ldif)

    def remove(self, dn: str) -> None:
        """Removes an entry."""
        self._run("ldapdelete", "", dn)

    def pause(self) -> None:
        """Stops answering, with its ports open."""
        self._process.send_signal(19)

    def go_on(self) -> None:
        """Answers again."""
        self._process.send_signal(18)

    def _run(self, program: str, ldif: str, *arguments: str) -> None:
        done = subprocess.run(
            [program, "-x", "-H", self.plain, "-D", ADMIN, "-w", ADMIN_PASSWORD, *arguments],
            input=ldif.encode(),
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def slapd() -> Iterator[Slapd]:
    """A directory with an account that searches and nobody else, for as long as the block lasts."""
    if not Path(SLAPD).exists():
        problem = "slapd is not installed (tools/install_test_packages.sh)"
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    folder = Path(tempfile.mkdtemp(prefix="suwen-slapd-"))
    try:
        (folder / "data").mkdir()
        issue_certificate(folder)
        configuration = folder / "slapd.conf"
        configuration.write_text(
            _CONFIGURATION.format(folder=folder, base=BASE, admin=ADMIN, password=ADMIN_PASSWORD)
        )
        plain, tls = _free_port(), _free_port()
        addresses = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"
        log = (folder / "log").open("wb")
        process = subprocess.Popen(
            [SLAPD, "-f", str(configuration), "-h", addresses, "-d", "0"],
            stdout=log,
            stderr=log,
        )
        log.close()
        try:
            _wait(plain, process, folder)
            started = Slapd(
                folder, f"ldap://127.0.0.1:{plain}", f"ldaps://127.0.0.1:{tls}", process
            )
            started.add(_START)
            yield started
        finally:
            process.send_signal(18)
            process.terminate()
            process.wait(timeout=10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        assert process.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "slapd did not start"
            time.sleep(0.05)


def issue_certificate(folder: Path) -> None:
    """A certificate authority of the hospital, and the server's certificate by it."""
    now = datetime.datetime.now(datetime.UTC)
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hospital CA")])
    common = {
        "not_valid_before": now - datetime.timedelta(days=1),
        "not_valid_after": now + datetime.timedelta(days=1),
    }
    for name, subject, key, constraint in (
        ("ca", authority, authority_key, x509.BasicConstraints(True, 0)),
        (
            "server",
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dc1")]),
            server_key,
            x509.BasicConstraints(False, None),
        ),
    ):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(common["not_valid_before"])
            .not_valid_after(common["not_valid_after"])
            .add_extension(constraint, critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("dc1")]
                ),
                critical=False,
            )
        )
        certificate = builder.sign(authority_key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "server.key").chmod(0o600)
