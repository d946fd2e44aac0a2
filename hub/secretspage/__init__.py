"""The page for one's own secrets, a service of the hub with a process of its own: `python -m hub.secretspage`."""
