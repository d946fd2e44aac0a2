"""The labels of built images, beside those of the OCI's own annotations. Pure."""

FINGERPRINT = "io.buunstack.fingerprint"
"""Of everything the image was built from: the same one means that there is nothing to build."""
PLATFORM = "io.buunstack.platform"
"""That was asked for; absent for the engine's own."""
PARTS = "io.buunstack.parts"
"""What is said to be in it and must work: names separated by commas, see `GROUPS_THAT_ARE_PARTS`."""
GROUPS_THAT_ARE_PARTS = ("spark", "clickhouse", "mcp")
"""The package groups that an image's proof has a check for; `buunstack` is a part of every image of ours."""
BASE_LAYERS = "io.buunstack.base-layers"
"""How many of its first layers are its base's, in which a proof looks for the build's own secrets alone."""
