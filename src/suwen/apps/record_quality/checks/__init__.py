"""What is looked for, one module for each kind of defect."""
