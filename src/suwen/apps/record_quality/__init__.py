"""Documentation quality control: rules over the documents of one stay."""
