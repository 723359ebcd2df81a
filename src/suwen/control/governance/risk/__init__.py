"""Risk classes: what a function is under the law of each jurisdiction, by which rule, since when.

The questions, the rules by version and the functions of the field study are data beside the code.
"""
