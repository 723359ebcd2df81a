"""Read-only views of a hospital's database, by increments."""
