"""Plants falsehoods into true clinical statements, to measure whether they are found."""
