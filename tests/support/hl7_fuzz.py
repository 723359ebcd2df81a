"""What must hold for any bytes that come over MLLP; the fuzzer and found inputs ask it.

Whatever the bytes are: frames are cut out, decoded, read and acknowledged; a message is mapped into
checked resources that can be stored, or refused with its place; the answer is itself a message.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from suwen.bootstrap.connections.hl7v2 import checked
from suwen.core.exact_json import read_exact, write_exact
from suwen.integration.hl7v2.acknowledgement import read_acknowledgement, replies
from suwen.integration.hl7v2.character_sets import decode
from suwen.integration.hl7v2.framing import FrameReader, framed
from suwen.integration.hl7v2.merging import merged
from suwen.integration.hl7v2.message import read_message
from suwen.integration.hl7v2.reading import read
from suwen.integration.hl7v2.refusal import MessageRefusedError
from tests.support.hl7 import facts

PLACE = re.compile(r"(segment \d+|[A-Z][A-Z0-9]{2}(\[\d+\])?(-\d+(\.\d+)?)?)")
AT = datetime(2024, 5, 31, 8, 30, tzinfo=UTC)
CHANNEL = facts()


def one_input(data: bytes) -> None:
    """Checks one input."""
    frames = FrameReader(100_000)
    frames.feed(data)
    bare = data.replace(b"\x0b", b"").replace(b"\x1c", b"")
    assert FrameReader(1 << 20).feed(framed(bare)) == [bare]
    try:
        text, codec = decode(bare)
    except MessageRefusedError as refusal:
        assert PLACE.fullmatch(refusal.where), refusal.where
        return
    outcome = read(text, CHANNEL, codec)
    header = outcome.message.header if outcome.message is not None else None
    reply = replies(header, outcome.header, outcome.refusal, "original", AT)
    code, _, _ = read_acknowledgement(read_message(reply.frames[0], codec))
    assert code == outcome.acknowledgement
    if outcome.refusal is not None:
        assert PLACE.fullmatch(outcome.refusal.where), outcome.refusal.where
        return
    assert outcome.mapped is not None
    resources = outcome.mapped.resources
    checked(resources, "imported")
    for resource in resources:
        assert read_exact(write_exact(resource)) == resource
        merged(resource, resource)
