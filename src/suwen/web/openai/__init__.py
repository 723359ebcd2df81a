"""The doors that speak OpenAI's language: chat completions, embeddings, models."""
