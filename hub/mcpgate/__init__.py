"""One MCP endpoint for all users of a hub, a process of its own: `python -m hub.mcpgate`."""
