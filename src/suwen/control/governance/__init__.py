"""What may run: Releases by content hash, the kill switch, the gate before a model."""
