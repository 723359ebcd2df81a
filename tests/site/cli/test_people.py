"""``user``: one account, a list of them, all or none, and an account that ends."""

from __future__ import annotations

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

PASSWORD = "9-blue-Lanterns"
HEADER = "name,full_name,roles,departments,language,password"


def accounts(terminal: DemonstrationTerminal) -> dict[str, dict[str, str]]:
    """Everybody with an account, by name."""
    return {row["name"]: row for row in terminal.run("user", "list", "--json").json}


def row(name: str, full_name: str = "某人", roles: str = "nurse", password: str = PASSWORD) -> str:
    """A line of the list."""
    return f"{name},{full_name},{roles},cardiology,zh,{password}"


def test_an_account_is_added_signs_in_and_ends(hospital: DemonstrationTerminal) -> None:
    add = ("user", "add", "dr.one", "--full-name", "壹", "--role", "physician")
    assert hospital.run(*add, "--department", "cardiology", stdin=PASSWORD).status == 0
    assert hospital.refused(*add, stdin=PASSWORD) == (2, "account_exists")
    assert accounts(hospital)["dr.one"]["roles"] == "physician"
    assert hospital.run("login", "dr.one", stdin=PASSWORD).status == 0
    assert hospital.run("record", "list", "--as", "dr.one").status == 0
    assert hospital.run("user", "disable", "dr.one").status == 0
    assert hospital.refused("record", "list", "--as", "dr.one") == (3, "session_ended")
    assert hospital.refused("login", "dr.one", stdin=PASSWORD) == (3, "credentials_wrong")
    assert accounts(hospital)["dr.one"]["state"] == "disabled"


def test_a_local_account_does_not_act_without_its_token(hospital: DemonstrationTerminal) -> None:
    add = ("user", "add", "dr.two", "--full-name", "贰", "--role", "physician")
    assert hospital.run(*add, stdin=PASSWORD).status == 0
    assert hospital.refused("record", "list", "--as", "dr.two") == (3, "token_missing")
    assert hospital.run("login", "dr.two", stdin=PASSWORD).status == 0
    assert hospital.run("record", "list", "--as", "dr.two").status == 0


ADD = ("user", "add", "x.new", "--full-name", "x", "--role", "nurse")
WRONG_ADD = [
    (("user", "add", "a b", *ADD[3:]), PASSWORD, "account_name_wrong"),
    (("user", "add", "../x", *ADD[3:]), PASSWORD, "account_name_wrong"),
    (("user", "add", "X", *ADD[3:]), PASSWORD, "account_name_wrong"),
    (
        ("user", "add", "x.new", "--full-name", " ", "--role", "nurse"),
        PASSWORD,
        "full_name_missing",
    ),
    ((*ADD[:-1], "service"), PASSWORD, "role_unknown"),
    ((*ADD, "--language", "fr"), PASSWORD, "language_wrong"),
    (ADD, "short", "password_too_weak"),
    (ADD, "1234567890123", "password_too_weak"),
    (ADD, "", "secret_missing"),
]


def test_a_wrong_account_is_not_added(hospital: DemonstrationTerminal) -> None:
    before = accounts(hospital)
    for line, password, code in WRONG_ADD:
        assert hospital.refused(*line, stdin=password) == (2, code), line
    assert accounts(hospital) == before


WRONG_LISTS = [
    ("", "nobody_listed", None),
    ("\n\n", "nobody_listed", None),
    (HEADER, "nobody_listed", None),
    (HEADER + "\n\n  \n,,,,,\n", "nobody_listed", None),
    ("name,full_name,roles\na.b,x,nurse", "columns_missing", "password"),
    (HEADER + ",telephone\n" + row("a.b") + ",1", "column_unknown", "telephone"),
    (HEADER + ",name\n" + row("a.b") + ",c.d", "column_unknown", "name"),
    (HEADER + "\n" + row("a.b") + ",one more", "row_wrong", "line 2.CSV"),
    (HEADER + "\n" + row("a.b") + "\nc.d,x", "row_wrong", "line 3.CSV"),
    (HEADER + '\n"a.b', "row_wrong", "line 2.CSV"),
    (HEADER + "\n" + row("a.b\x00"), "account_name_wrong", "line 2.name"),
    (HEADER + "\n" + row("a.b") + "\n" + row("a.b"), "account_twice", "line 3.name"),
    (HEADER + "\n" + row("a.b") + "\n\n" + row("A B"), "account_name_wrong", "line 4.name"),
    (HEADER + "\n" + row("a.b", roles="king"), "role_unknown", "line 2.roles"),
    (HEADER + "\n" + row("a.b", roles=""), "role_unknown", "line 2.roles"),
    (HEADER + "\n" + row("a.b", roles="service"), "role_unknown", "line 2.roles"),
    (HEADER + "\n" + row("a.b", full_name=""), "full_name_missing", "line 2.full_name"),
    (HEADER + "\n" + row("a.b", password=""), "password_too_weak", "line 2.password"),
    (HEADER + "\n" + row("../../x"), "account_name_wrong", "line 2.name"),
    (HEADER + "\n" + row("x" * 1_000_000), "row_wrong", "line 2.CSV"),
]


def test_a_wrong_list_adds_nobody_and_names_the_place(hospital: DemonstrationTerminal) -> None:
    before = accounts(hospital)
    for text, code, place in WRONG_LISTS:
        path = hospital.write("people.csv", text)
        ended = hospital.run("user", "import", str(path), "--json")
        assert (ended.status, ended.error["code"], ended.error.get("field")) == (2, code, place)
        assert PASSWORD not in ended.err
        assert len(ended.err) < 600
    assert accounts(hospital) == before


def test_one_who_exists_keeps_the_whole_list_out(hospital: DemonstrationTerminal) -> None:
    assert (
        hospital.run(
            "user", "import", str(hospital.write("a.csv", f"{HEADER}\n{row('n.old')}"))
        ).status
        == 0
    )
    path = hospital.write("b.csv", f"{HEADER}\n{row('n.first')}\n{row('n.old')}")
    assert hospital.refused("user", "import", str(path)) == (2, "account_exists")
    assert "n.first" not in accounts(hospital)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_in_each_encoding_of_a_hospital(
    hospital: DemonstrationTerminal, encoding: str
) -> None:
    name = "n." + encoding.replace("-", "")
    text = f"{HEADER}\r\n\r\n{row(name, '龙丹妮', 'nurse;physician')}\r\n"
    path = hospital.write("people.csv", text.encode(encoding))
    ended = hospital.run("user", "import", str(path), "--json")
    assert ended.json == {"added": 1}
    assert accounts(hospital)[name]["full_name"] == "龙丹妮"
    assert accounts(hospital)[name]["roles"] == "nurse, physician"


def test_files_that_are_no_list(hospital: DemonstrationTerminal) -> None:
    binary = hospital.write("people.csv", b"\xff\xfe\x00\x81\xff")
    assert hospital.refused("user", "import", str(binary)) == (2, "encoding_unknown")
    assert hospital.refused("user", "import", "/nowhere.csv") == (2, "input_missing")
    assert hospital.refused("user", "import", str(hospital.folder)) == (2, "input_missing")


def test_nobody_of_this_name_to_disable(hospital: DemonstrationTerminal) -> None:
    for name in ("nobody", "x" * 10_000, "'; --", ""):
        assert hospital.refused("user", "disable", name) == (2, "no_such_account")


def test_each_act_is_opened_and_closed_on_the_audit(hospital: DemonstrationTerminal) -> None:
    add = ("user", "add", "n.audit", "--full-name", "审", "--role", "nurse")
    assert hospital.run(*add, stdin=PASSWORD).status == 0
    assert hospital.run(*add, stdin=PASSWORD).status == 2
    assert hospital.run("user", "disable", "n.audit").status == 0
    events = hospital.run("audit", "show", "--last", "6", "--json").json
    ended = [(e["action"], e["outcome"]) for e in events]
    assert ended == [
        ("people.add", "opened"),
        ("people.add", "done"),
        ("people.add", "opened"),
        ("people.add", "failed"),
        ("people.disable", "opened"),
        ("people.disable", "done"),
    ]
    assert all(events[n]["trace"] == events[n + 1]["trace"] for n in (0, 2, 4))
    assert len({e["trace"] for e in events}) == 3
    assert PASSWORD not in str(events)


def test_a_dry_run_names_every_fault_and_adds_nobody(hospital: DemonstrationTerminal) -> None:
    text = f"{HEADER}\n{row('n.dry')}\n{row('N.Upper')}\n{row('n.dry')}"
    path = hospital.write("dry.csv", text)
    ended = hospital.run("user", "import", str(path), "--dry-run", "--json")
    assert ended.status == 1
    assert ended.json["people"] == 3
    assert [fault["field"] for fault in ended.json["faults"]] == ["line 3.name", "line 4.name"]
    good = hospital.write("good.csv", f"{HEADER}\n{row('n.dry')}")
    ended = hospital.run("user", "import", str(good), "--dry-run", "--json")
    assert (ended.status, ended.json["faults"]) == (0, [])
    names = [one["name"] for one in hospital.run("user", "list", "--json").json]
    assert "n.dry" not in names


def test_an_account_is_linked_and_the_link_undone(hospital: DemonstrationTerminal) -> None:
    there = ("--issuer", "https://sso.hospital.example", "--subject", "s-1")
    two = hospital.write("two.csv", f"{HEADER}\n{row('n.link')}\n{row('n.other')}")
    assert hospital.run("user", "import", str(two)).status == 0
    assert hospital.run("user", "link", "n.link", *there).status == 0
    assert hospital.refused("user", "link", "n.other", *there) == (2, "identity_of_another_account")
    assert hospital.refused("user", "link", "nobody", *there) == (2, "no_such_account")
    assert hospital.run("user", "unlink", *there, "--json").json == {"unlinked": True}
    assert hospital.run("user", "unlink", *there, "--json").json == {"unlinked": False}


def test_the_secret_of_launches_is_another_with_another_key(
    hospital: DemonstrationTerminal,
) -> None:
    assert hospital.refused("launch", "secret", "no-his")[0] == 2
    hospital.run("client", "add", "his", "--scope", "launch", "--owner", "it.sun")
    first = hospital.run("launch", "secret", "his", "--json").json["secret"]
    assert first == hospital.run("launch", "secret", "his", "--json").json["secret"]
    assert len(bytes.fromhex(first)) == 32
    hospital.run("client", "rotate", "his")
    assert hospital.run("launch", "secret", "his", "--json").json["secret"] != first
