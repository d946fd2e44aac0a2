"""What keeps the local target's processes running, and its hub's settings."""
