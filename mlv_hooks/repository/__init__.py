"""All that reads and writes: git, files, and the records beside them."""
