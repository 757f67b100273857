"""`mlv graph`: the pipeline with its notebooks, as text and as pictures, told without DVC."""
