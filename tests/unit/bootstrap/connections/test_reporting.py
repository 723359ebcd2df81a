"""What a running connection reports is counted, and samples are never lost or doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from suwen.bootstrap.connections.reporting import RunningReport
from suwen.core.connection import ConnectionHealth, ConnectionState
from suwen.core.errors import ConflictError
from suwen.core.language import Bilingual

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TAKEN = ConflictError("port_taken", Bilingual("端口被占用。", "The port is taken."))


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def begun() -> tuple[RunningReport, Watch]:
    watch = Watch()
    before = ConnectionHealth("his", ConnectionState.WAITING, NOON, messages_total=100)
    return RunningReport(before, watch), watch


def test_the_rate_is_that_of_the_last_minute_and_the_total_goes_on() -> None:
    report, watch = begun()
    for _ in range(90):
        report.message()
        watch.at += timedelta(seconds=1)
    assert 58 <= report.health().rate_per_minute <= 60
    assert report.health().messages_total == 190
    watch.at += timedelta(minutes=5)
    assert report.health().rate_per_minute == 0
    assert report.health().last_message_at == NOON + timedelta(seconds=89)


def test_many_messages_within_a_second_take_one_place() -> None:
    report, _ = begun()
    for _ in range(10_000):
        report.message(lag_s=0.25)
    report.message(5)
    health = report.health()
    assert (health.rate_per_minute, health.lag_s) == (10_005, 0.25)
    assert len(report._recent) == 1


def test_since_moves_only_with_the_state() -> None:
    report, watch = begun()
    report.up(port=2575)
    watch.at += timedelta(minutes=1)
    report.up(port=2575)
    assert (report.health().since, report.health().port) == (NOON, 2575)
    report.down(TAKEN)
    health = report.health()
    assert (health.since, health.port, health.state) == (watch.at, None, ConnectionState.DOWN)
    assert (health.last_error_code, health.last_error_message) == ("port_taken", TAKEN.safe_message)
    report.up()
    assert report.health().last_error_code == "port_taken", "what was wrong is still to be seen"


def test_samples_count_by_code_and_place_and_can_be_put_back() -> None:
    report, watch = begun()
    report.error("hl7_value", "PID-7")
    watch.at += timedelta(seconds=5)
    report.error("hl7_value", "PID-7")
    report.error("hl7_value", "x" * 5000)
    samples = report.take_samples()
    assert [(one.where[:5], one.count, one.at) for one in samples] == [
        ("PID-7", 2, watch.at),
        ("xxxxx", 1, watch.at),
    ]
    assert len(samples[1].where) == 200
    assert report.take_samples() == []
    report.error("hl7_value", "PID-7")
    report.put_back(samples)
    assert {(one.where[:5], one.count) for one in report.take_samples()} == {
        ("PID-7", 3),
        ("xxxxx", 1),
    }
    assert report.health().errors_total == 4
