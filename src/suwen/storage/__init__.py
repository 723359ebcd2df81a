"""PostgreSQL: models, append-only migrations, stores, backup."""
