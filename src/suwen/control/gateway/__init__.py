"""The only road from an application to a record or a model, and from a draft to a signature."""
