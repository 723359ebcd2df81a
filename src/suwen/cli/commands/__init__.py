"""One module per noun; each adds its verbs to the program."""
