"""People on the command line: who acts by name or token, and lists of people from a file."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.platform import Platform, demonstration_allowed
from suwen.control.access.passwords import check_strength
from suwen.control.access.purposes import purpose_of
from suwen.core.errors import AuthenticationError, ConflictError, InputError
from suwen.core.identity import Channel, Principal, PrincipalId, Role, offices_held
from suwen.core.language import Bilingual, Language
from suwen.storage.people import DEMONSTRATION, LOCAL, Person

NEEDED_COLUMNS = ("name", "full_name", "roles", "password")
COLUMNS = (*NEEDED_COLUMNS, "departments", "language", "practitioner")
ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


async def token_for(platform: Platform, name: str, password: str, code: str | None = None) -> str:
    """Signs a person in for the command line and hands over the token, shown only here.

    Args:
        code: of the person's second factor, where they have one.

    Raises:
        AuthenticationError: ``credentials_wrong``, ``account_locked``; ``second_factor_needed``
            and as ``SecondFactors.require``.
    """
    return (await platform.authentication.sign_in(name, password, Channel.CLI, code)).token


async def reset_second_factor(platform: Platform, name: str, acting: Principal) -> bool:
    """Takes an account's second factor away and ends its sessions; false when it had none.

    Raises:
        NotFoundError: ``no_such_account``.
    """
    return await platform.sign_in.factors.reset(PrincipalId(name), acting)


async def principal_by_token(
    platform: Platform, token: str, name: str, operating_user: str | None
) -> Principal:
    """The person whose token this is.

    Raises:
        AuthenticationError: ``session_ended``, or ``token_wrong`` when it is somebody else's.
    """
    principal = await platform.authentication.principal_of(token, Channel.CLI)
    if principal.id != name:
        raise AuthenticationError(
            "token_wrong",
            Bilingual(
                zh=f"这不是 {name} 的令牌，请运行 suwen login {name}。",
                en=f"This is not the token of {name}: run suwen login {name}.",
            ),
            field="--as",
        )
    return dataclasses.replace(principal, operating_user=operating_user)


async def principal_by_name(platform: Platform, name: str, operating_user: str | None) -> Principal:
    """A demonstration person, who needs no token on this machine's own command line.

    Raises:
        AuthenticationError: ``token_missing`` for everybody else.
    """
    allowed = await demonstration_allowed(platform.settings, platform.records)
    known = await platform.people.list(DEMONSTRATION) if allowed else []
    person = next((p for p in known if p.id == name and not p.disabled), None)
    if person is None and not ACCOUNT_NAME.fullmatch(name):
        raise AuthenticationError(
            "token_missing",
            Bilingual(
                zh="--as 后须为账户名，且需要本人令牌（suwen login）。",
                en="--as takes an account name and needs that person's token (suwen login).",
            ),
            field="--as",
        )
    if person is None:
        raise AuthenticationError(
            "token_missing",
            Bilingual(
                zh=f"以 {name} 的身份操作需要本人令牌：请先运行 suwen login {name}。",
                en=f"Acting as {name} needs that person's token: run suwen login {name} first.",
            ),
            field="--as",
        )
    return Principal(
        id=person.id,
        name=person.name,
        roles=person.roles,
        departments=person.departments,
        purpose=purpose_of(person.roles, None),
        channel=Channel.CLI,
        operating_user=operating_user,
    )


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What is asked for of one new account, and on which line of the file; 0: of no file."""

    line: int
    values: Mapping[str, str] = field(repr=False)


def read_people_file(path: Path) -> list[PersonRow]:
    """Rows of a CSV file of people.

    Raises:
        InputError: ``input_missing``, and as ``read_people``.
    """
    if not path.is_file():
        zh, en = f"找不到文件 {path.name}。", f"The file {path.name} does not exist."
        raise InputError("input_missing", Bilingual(zh=zh, en=en), field="file")
    return read_people(path.read_bytes())


def read_people(data: bytes) -> list[PersonRow]:
    """Rows of a CSV list of people, in UTF-8 or GB18030.

    Raises:
        InputError: ``encoding_unknown``, ``columns_missing``, ``column_unknown``, ``row_wrong``,
            ``nobody_listed``.
    """
    reader = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header)
        return _rows(reader, header)
    except csv.Error:
        raise _row_error(
            "row_wrong", reader.line_num, "CSV", "无法作为 CSV 读取", "cannot be read"
        ) from None


def _check_header(header: list[str]) -> None:
    missing = [c for c in NEEDED_COLUMNS if c not in header]
    if not any(header):
        raise _nobody_listed()
    if missing:
        raise InputError(
            "columns_missing",
            Bilingual(
                zh=f"缺少列：{', '.join(missing)}。",
                en=f"Columns are missing: {', '.join(missing)}.",
            ),
            field=missing[0],
        )
    unknown = [c for n, c in enumerate(header) if c not in COLUMNS or c in header[:n]]
    if unknown:
        known = ", ".join(COLUMNS)
        raise InputError(
            "column_unknown",
            Bilingual(
                zh=f"不认识或重复的列：{', '.join(unknown)[:200]}。可用的列：{known}。",
                en=f"Unknown or repeated columns: {', '.join(unknown)[:200]}. There are: {known}.",
            ),
            field=unknown[0][:60],
        )


def _rows(reader: Iterator[list[str]], header: list[str]) -> list[PersonRow]:
    rows = []
    for line, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            zh = f"有 {len(cells)} 格，应为 {len(header)} 格"
            raise _row_error(
                "row_wrong", line, "CSV", zh, f"has {len(cells)} cells, not {len(header)}"
            )
        rows.append(PersonRow(line, dict(zip(header, cells, strict=True))))
    if not rows:
        raise _nobody_listed()
    return rows


def _nobody_listed() -> InputError:
    return InputError(
        "nobody_listed",
        Bilingual(
            zh=f"文件中没有人员。首行应为列名：{','.join(COLUMNS)}。",
            en=f"The file lists nobody. Its first line names the columns {','.join(COLUMNS)}.",
        ),
    )


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "encoding_unknown",
        Bilingual(
            zh="文件既不是 UTF-8 也不是 GB18030 编码。", en="The file is neither UTF-8 nor GB18030."
        ),
    )


async def faults_of_people(platform: Platform, rows: Sequence[PersonRow]) -> list[InputError]:
    """What is wrong with a list of new accounts, the first fault of each line; nothing is added."""
    taken = {str(person.id) for person in await platform.people.list()}
    faults: list[InputError] = []
    seen: set[str] = set()
    for row in rows:
        try:
            person = _person(row.values, row.line)
            if person.id in seen:
                raise _row_error("account_twice", row.line, "name", "账户重复", "is listed twice")
            seen.add(person.id)
            if person.id in taken:
                raise _account_exists(person.id, row.line)
            _check_password(person.id, row)
        except InputError as error:
            faults.append(error)
    return faults


async def import_people(platform: Platform, rows: Sequence[PersonRow], acting: Principal) -> int:
    """Adds accounts, all or none, and says how many.

    Raises:
        InputError: the first row at fault, with line and column.
        ConflictError: ``account_exists``.
    """
    # Who exists by the time of the writing is found there, and audited.
    for fault in await faults_of_people(platform, rows):
        if not isinstance(fault, ConflictError):
            raise fault
    people = [_person(row.values, row.line) for row in rows]
    seen = {person.id for person in people}
    wanted = [
        (person, await platform.authentication.hash_of_password(person.id, row.values["password"]))
        for person, row in zip(people, rows, strict=True)
    ]
    act = act_of(acting, "people.add", accounts=sorted(seen))
    async with audited(platform.audit, act):
        await platform.people.add_all(wanted)
    return len(wanted)


async def disable_person(platform: Platform, name: str, acting: Principal) -> None:
    """Takes an account out of use at once; its sessions and tokens end in the same step.

    Raises:
        NotFoundError: ``no_such_account``.
    """
    account = await platform.people.read(PrincipalId(name))
    act = act_of(acting, "people.disable", subject=f"Person/{account.id}")
    async with audited(platform.audit, act):
        await platform.people.disable(account.id, platform.clock.now())


def _person(row: Mapping[str, str], line: int) -> Person:
    name = (row.get("name") or "").strip()
    if not ACCOUNT_NAME.fullmatch(name):
        raise _row_error(
            "account_name_wrong",
            line,
            "name",
            "账户名须为 2–64 个小写字母、数字、点、横线",
            "must be 2 to 64 lower-case letters, digits, dots or dashes",
        )
    full_name = (row.get("full_name") or "").strip()
    if not full_name:
        raise _row_error("full_name_missing", line, "full_name", "姓名为空", "is empty")
    language = (row.get("language") or "zh").strip()
    if language not in ("zh", "en"):
        raise _row_error("language_wrong", line, "language", "须为 zh 或 en", "must be zh or en")
    return Person(
        id=PrincipalId(name),
        name=full_name,
        roles=_roles(row.get("roles") or "", line),
        departments=frozenset((row.get("departments") or "").split()),
        language=Language(language),
        disabled=False,
        origin=LOCAL,
        practitioner=(row.get("practitioner") or "").strip() or None,
    )


def _check_password(account: str, row: PersonRow) -> None:
    try:
        check_strength(account, row.values["password"])
    except InputError as error:
        said = error.safe_message
        zh, en = said.zh.rstrip("。"), said.en.rstrip(".")
        raise _row_error(error.code, row.line, "password", zh, f"is too weak: {en}") from None


def _account_exists(account: str, line: int) -> ConflictError:
    where = f"line {line}." if line else ""
    return ConflictError(
        "account_exists",
        Bilingual(zh=f"账号 {account} 已存在。", en=f"There is an account {account} already."),
        field=f"{where}name",
    )


def _roles(text: str, line: int) -> frozenset[Role]:
    known = {role.value: role for role in Role if role is not Role.SERVICE}
    names = text.replace(";", " ").split()
    unknown = [name for name in names if name not in known]
    if not names or unknown:
        listed = " ".join(sorted(known))
        raise _row_error(
            "role_unknown", line, "roles", f"角色须取自：{listed}", f"must be some of: {listed}"
        )
    roles = frozenset(known[name] for name in names)
    if offices_held(roles):
        raise _row_error(
            "offices_kept_apart",
            line,
            "roles",
            "系统、安全、审计三类管理员必须是三个人",
            "system, security and audit administrator must be three people",
        )
    return roles


def _row_error(code: str, line: int, column: str, zh: str, en: str) -> InputError:
    if line == 0:
        return InputError(
            code, Bilingual(zh=f"{column}：{zh}。", en=f"{column} {en}."), field=column
        )
    return InputError(
        code,
        Bilingual(zh=f"第 {line} 行 {column}：{zh}。", en=f"Line {line}: {column} {en}."),
        field=f"line {line}.{column}",
    )
