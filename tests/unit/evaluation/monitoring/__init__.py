"""Charts, drift, agreement and groups, by numbers from textbooks."""
