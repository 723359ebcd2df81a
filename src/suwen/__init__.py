"""suwen: a hospital's own language-model platform."""
