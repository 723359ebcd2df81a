"""CSV and Excel files that a hospital's system puts into a folder: each read exactly once."""
