"""suwen: a hospital's own language-model platform."""

import os

# The inference runtime of our readers and embeddings reports its use to its maker unless told not
# to, by this variable, before it is loaded. Nothing of ours may, in any process.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
