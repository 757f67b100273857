"""What code does, told without running it."""
