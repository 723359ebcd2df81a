"""The clients of the hospital's own sign-in."""
