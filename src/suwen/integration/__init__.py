"""One package per protocol of the hospital, unaware of each other."""
