"""The edge: artifacts become the world, and the world is shown to the user."""
