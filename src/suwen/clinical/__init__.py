"""What medicine knows, as tables with sources and pure functions."""
