"""An OpenAI-compatible server that says what a test tells it to say, well or badly.

It lives beside the client so that every part of the platform tests against the same one; it passes
the same contract suite as the real engine. It never listens on anything but the loopback interface.
"""

from suwen.inference.scripted.answers import (
    AccuracyCase,
    Fault,
    ReasoningForm,
    Respond,
    ScriptedAnswer,
    ScriptedRequest,
    always,
    by_marker,
    in_turn,
    known_accuracy,
)
from suwen.inference.scripted.server import ScriptedEngine, serving_in_thread

__all__ = [
    "AccuracyCase",
    "Fault",
    "ReasoningForm",
    "Respond",
    "ScriptedAnswer",
    "ScriptedEngine",
    "ScriptedRequest",
    "always",
    "by_marker",
    "in_turn",
    "known_accuracy",
    "serving_in_thread",
]
