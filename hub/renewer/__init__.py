"""The process beside the hub that keeps the hub's Vault token alive: `python -m hub.renewer`."""
