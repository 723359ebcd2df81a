"""Language models on our own hardware: endpoints, model store, embedded engine."""
