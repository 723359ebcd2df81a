"""How much the guard refuses of what it must, and of what it must not."""
