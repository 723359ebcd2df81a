"""Vectors of texts and the order of candidates: our own small model, or the hospital's servers.

Everything here is plain and slow: it is called from a thread, never from the event loop.
"""
