"""What text is: segmentation, negation, person, statements; pure."""
