"""What must not reach a model or a reader: orders in disguise, other patients, no evidence."""
