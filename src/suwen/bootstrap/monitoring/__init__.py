"""Watching the applications of a site: counted, charted, read a second time, told of."""
