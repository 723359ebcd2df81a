"""A fourth set of labelled prescriptions: order sheets of another author, each with a near twin."""
