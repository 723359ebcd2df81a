"""What gives a text away, as tables: one module a matter, one line a rule."""
