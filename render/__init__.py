"""A stack becomes the files its target is made from. Pure."""
