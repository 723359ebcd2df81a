"""Language models on our own hardware: endpoints, the embedded engine, the model store."""
