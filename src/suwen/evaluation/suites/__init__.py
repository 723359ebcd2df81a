"""Suites of cases as data: how they are read, made, scored and summed up."""
