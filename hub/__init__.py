"""What runs inside JupyterHub, on both targets, and keeps running after the command ends."""
