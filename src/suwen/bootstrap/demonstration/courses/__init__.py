"""The courses of disease, by department, as data."""
