"""The only road from an application to a model or a record."""
