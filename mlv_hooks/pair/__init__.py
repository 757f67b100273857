"""A notebook and its script, each the other's source."""
