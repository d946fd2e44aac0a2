"""All codes of `inv doctor` but those of the login, which judge their own order of causes. Pure data."""

from apply import machinecodes

WORDS = machinecodes.WORDS
