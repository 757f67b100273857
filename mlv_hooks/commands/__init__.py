"""The commands of the program and of the hooks."""
