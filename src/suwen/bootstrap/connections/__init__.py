"""Connections to the hospital's systems: what kinds there are, what runs them, who may act."""
