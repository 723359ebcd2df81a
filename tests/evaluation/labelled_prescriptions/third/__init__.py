"""A third set of labelled prescriptions: order sheets of several lines, each with a near twin."""
