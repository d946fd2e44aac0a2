"""All codes of `inv doctor` but those of the login, which has its own order of causes. Pure data."""

from apply import clustercodes, machinecodes

WORDS = machinecodes.WORDS | clustercodes.WORDS
