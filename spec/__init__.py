"""The stack file: text becomes a typed stack, or every problem with its line. Pure."""
