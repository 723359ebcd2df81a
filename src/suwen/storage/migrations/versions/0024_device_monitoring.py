"""The device partition counts its own work and raises its own alarms."""

from __future__ import annotations

from alembic import context, op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE monitor_cell (
        day DATE NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        department TEXT NOT NULL,
        measure TEXT NOT NULL,
        key TEXT NOT NULL,
        n BIGINT NOT NULL,
        total DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_monitor_cell PRIMARY KEY (day, app, release, department, measure, key)
    )
    """,
    "CREATE INDEX ix_monitor_cell_app ON monitor_cell (app, day)",
    """
    CREATE TABLE monitor_day (
        day DATE NOT NULL,
        counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_monitor_day PRIMARY KEY (day)
    )
    """,
    """
    CREATE TABLE monitor_alarm (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        rule TEXT NOT NULL,
        day DATE NOT NULL,
        facts JSONB NOT NULL,
        raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
        suspended BOOLEAN NOT NULL,
        answered_at TIMESTAMP WITH TIME ZONE,
        answered_by TEXT,
        answer TEXT,
        CONSTRAINT pk_monitor_alarm PRIMARY KEY (id),
        CONSTRAINT uq_monitor_alarm_app_release_rule_day UNIQUE (app, release, rule, day)
    )
    """,
    "CREATE INDEX ix_monitor_alarm_raised_at ON monitor_alarm (raised_at)",
    "CREATE UNIQUE INDEX uq_monitor_alarm_open ON monitor_alarm (app, release, rule) "
    "WHERE answered_at IS NULL",
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "device":
        for statement in TABLES:
            op.execute(statement)
