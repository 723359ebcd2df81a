"""How defects are planted: one module per kind."""
