"""Cases run as tasks of inspect-ai, in a process of its own that reaches nothing but its parent."""
