"""The tree of commands; a module is loaded when a command of it is called, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from suwen.cli.output import say
from suwen.cli.usage import no_such_command
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain

Register = Callable[[typer.Typer], None]


def _serving() -> Register:
    from suwen.cli.commands import serving

    return serving.register


def _people() -> Register:
    from suwen.cli.commands import people

    return people.register


def _access() -> Register:
    from suwen.cli.commands import access

    return access.register


def _launches() -> Register:
    from suwen.cli.commands import launches

    return launches.register


def _clients() -> Register:
    from suwen.cli.commands import clients

    return clients.register


def _mcp() -> Register:
    from suwen.cli.commands import mcp

    return mcp.register


def _models() -> Register:
    from suwen.cli.commands import models

    return models.register


def _records() -> Register:
    from suwen.cli.commands import records

    return records.register


def _applications() -> Register:
    from suwen.cli.commands import applications

    return applications.register


def _drafts() -> Register:
    from suwen.cli.commands import drafts

    return drafts.register


def _verify() -> Register:
    from suwen.cli.commands import verify

    return verify.register


def _guard() -> Register:
    from suwen.cli.commands import guard

    return guard.register


def _privacy() -> Register:
    from suwen.cli.commands import privacy

    return privacy.register


def _releases() -> Register:
    from suwen.cli.commands import releases

    return releases.register


def _systems() -> Register:
    from suwen.cli.commands import register

    return register.register


def _disclosures() -> Register:
    from suwen.cli.commands import disclosures

    return disclosures.register


def _claims() -> Register:
    from suwen.cli.commands import claims

    return claims.register


def _training() -> Register:
    from suwen.cli.commands import training

    return training.register


def _evaluating() -> Register:
    from suwen.cli.commands import evaluating

    return evaluating.register


def _triage() -> Register:
    from suwen.cli.commands import triage

    return triage.register


def _monitoring() -> Register:
    from suwen.cli.commands import monitoring

    return monitoring.register


def _incidents() -> Register:
    from suwen.cli.commands import incidents

    return incidents.register


def _audit() -> Register:
    from suwen.cli.commands import audit

    return audit.register


def _imaging() -> Register:
    from suwen.cli.commands import imaging

    return imaging.register


def _connections() -> Register:
    from suwen.cli.commands import connections

    return connections.register


def _jobs() -> Register:
    from suwen.cli.commands import jobs

    return jobs.register


def _bulk() -> Register:
    from suwen.cli.commands import bulk

    return bulk.register


def _knowledge() -> Register:
    from suwen.cli.commands import knowledge

    return knowledge.register


def _hl7() -> Register:
    from suwen.cli.commands import hl7

    return hl7.register


def _keys() -> Register:
    from suwen.cli.commands import keys

    return keys.register


def _retention() -> Register:
    from suwen.cli.commands import retention

    return retention.register


def _erasures() -> Register:
    from suwen.cli.commands import erasures

    return erasures.register


def _backups() -> Register:
    from suwen.cli.commands import backups

    return backups.register


def _conformance() -> Register:
    from suwen.cli.commands import conformance

    return conformance.register


def _egress() -> Register:
    from suwen.cli.commands import egress

    return egress.register


def _rules() -> Register:
    from suwen.cli.commands import rules

    return rules.register


COMMANDS: dict[str, tuple[Callable[[], Register], Bilingual]] = {
    "up": (_serving, Bilingual("在本机启动全部；Ctrl-C 结束", "Start everything on this machine")),
    "serve": (_serving, Bilingual("运行一个分区的服务", "Run one partition's service")),
    "worker": (_jobs, Bilingual("执行后台任务", "Work on the jobs of this installation")),
    "listen": (_connections, Bilingual("运行与院内系统的连接", "Run the connections")),
    "status": (_serving, Bilingual("各部分是否运行", "Which parts run and how they are")),
    "doctor": (_serving, Bilingual("哪里不对，如何修复", "What is wrong and how to mend it")),
    "login": (_people, Bilingual("在本机登录", "Sign in on this machine")),
    "user": (_people, Bilingual("可登录的人员", "People who may sign in")),
    "access": (_access, Bilingual("谁能做什么、谁做过", "Who may do what, and who did")),
    "launch": (_launches, Bilingual("从医院系统打开患者", "Patients opened from the HIS")),
    "client": (_clients, Bilingual("以密钥使用模型的程序", "Programs that use the models by key")),
    "mcp": (
        _mcp,
        Bilingual("智能体用的 MCP 服务（标准输入输出）", "MCP server on stdio"),
    ),
    "model": (_models, Bilingual("本机的语言模型", "Language models on this machine")),
    "endpoint": (_models, Bilingual("OpenAI 兼容的模型服务", "OpenAI-compatible engines")),
    "fhir": (_records, Bilingual("FHIR R4 病历", "FHIR R4 records")),
    "record": (_records, Bilingual("病历库", "The record store")),
    "app": (_applications, Bilingual("本院的应用", "Applications of this installation")),
    "draft": (_drafts, Bilingual("草稿与已签署文书", "Drafts and what was signed")),
    "verify": (_verify, Bilingual("核对每句话的依据", "Check every statement of a text")),
    "guard": (_guard, Bilingual("输入与输出的防护", "What the guard says to a message")),
    "privacy": (_privacy, Bilingual("文本中的身份信息", "Identifiers in texts")),
    "release": (_releases, Bilingual("实际运行的版本", "What exactly runs")),
    "rules": (_rules, Bilingual("本院的规则修改", "The hospital's rows of clinical tables")),
    "drugs": (_rules, Bilingual("本院药品字典", "The hospital's drug dictionary")),
    "register": (
        _systems,
        Bilingual("AI 系统登记册与风险类别", "The register of AI systems and their classes"),
    ),
    "disclosure": (_disclosures, Bilingual("AI 系统说明书", "Facts sheets of AI systems")),
    "training": (_training, Bilingual("使用前的培训", "Training before use")),
    "claim": (_claims, Bilingual("一项决定的全部证据", "One decision with all its evidence")),
    "evaluate": (
        _evaluating,
        Bilingual("评测模型与所交付的质量", "Measure engines and what we ship"),
    ),
    "triage": (_triage, Bilingual("导诊的科室模型", "Departments learned from own visits")),
    "monitor": (_monitoring, Bilingual("应用发布之后做得怎样", "How the applications do")),
    "incident": (_incidents, Bilingual("不良事件与险些发生", "Incidents and near misses")),
    "knowledge": (_knowledge, Bilingual("本院的知识库", "The hospital's library")),
    "audit": (_audit, Bilingual("审计链", "The audit chain")),
    "conformance": (
        _conformance,
        Bilingual("本站点是否守住承诺", "Does this site keep its promises"),
    ),
    "egress": (_egress, Bilingual("什么离开了本机", "What goes out of this machine")),
    "bulk": (_bulk, Bilingual("一个应用处理许多病历", "An application over many records")),
    "job": (_jobs, Bilingual("后台任务", "Jobs: how far they are; pause, resume, cancel")),
    "connection": (
        _connections,
        Bilingual("与院内系统的连接", "Connections to the hospital's systems"),
    ),
    "imaging": (_imaging, Bilingual("影像（DICOM）", "Images by DICOM and DICOMweb")),
    "hl7": (_hl7, Bilingual("HL7 v2 消息", "HL7 v2 messages")),
    "keys": (_keys, Bilingual("加密密钥", "Keys that seal what is stored")),
    "retention": (_retention, Bilingual("保存期限与法律保全", "Retention and legal holds")),
    "erasure": (_erasures, Bilingual("删除患者数据", "Erasing patients' data")),
    "backup": (_backups, Bilingual("备份与恢复", "Backup and restore")),
}


OTHERWISE = {"evaluate": "run"}
"""The verb of a noun whose first word is none: ``evaluate SUITE`` is ``evaluate run SUITE``."""


class CommandTree(TyperGroup):
    """The top of the tree: knows every command's name and line of help without loading it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded now; ``None`` when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        part = typer.Typer(rich_markup_mode=None)
        COMMANDS[cmd_name][0]()(part)
        for noun in part.registered_groups:
            noun.cls = Branch
            if noun.typer_instance is not None:
                for verb in noun.typer_instance.registered_commands:
                    verb.cls = Leaf
        for verb in part.registered_commands:
            verb.cls = Leaf
        return typer.main.get_group(part).commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the line names.

        Raises:
            InputError: ``usage_command``.
        """
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise no_such_command(args[0], list(COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The help's list of commands."""
        with formatter.section(say(Bilingual("命令", "Commands"))):
            formatter.write_dl([(name, say(title)) for name, (_, title) in COMMANDS.items()])


class Branch(TyperGroup):
    """A noun with its verbs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that the line names.

        Raises:
            InputError: ``usage_command``.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            otherwise = OTHERWISE.get(self.name or "")
            if otherwise is None:
                raise no_such_command(args[0], list(self.commands))
            args = [otherwise, *args]
        return super().resolve_command(ctx, args)


class Leaf(TyperCommand):
    """A command; what it is given must be text."""

    def invoke(self, ctx: Any) -> Any:
        """Runs it.

        Raises:
            InputError: ``text_not_storable`` with the option or argument at fault. Names of files
                are not texts: a file may be called anything.
        """
        for parameter in self.params:
            value = ctx.params.get(parameter.name)
            require_plain(value, max(parameter.opts, key=len, default=parameter.name or ""))
        return super().invoke(ctx)


def every_command(tree: CommandTree) -> Iterator[tuple[str, Any]]:
    """Every command with its whole name, in the order of the help; loads all of them."""
    for name in COMMANDS:
        command = tree.get_command(None, name)
        if isinstance(command, TyperGroup):
            for verb, one in command.commands.items():
                yield f"{name} {verb}", one
        else:
            yield name, command
