"""Releases and their model parts as people work with them."""
