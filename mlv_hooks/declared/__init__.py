"""What a notebook declares: its parameters and its stages."""
