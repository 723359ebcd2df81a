"""Reference intervals and critical values: shipped rows, a hospital's own over them, look-ups."""
