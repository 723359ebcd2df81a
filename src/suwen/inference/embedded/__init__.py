"""Our own engine: llama.cpp in a process of its own, and the supervisor that keeps it alive."""
