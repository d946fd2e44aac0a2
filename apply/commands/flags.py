"""What flags of several commands mean."""

SPEC = {"spec": "the stack file"}
STATE = SPEC | {"state": "state directory of the local target (default: under the XDG state home)"}
USER = {"user": "whose: a name as the hub has it"}
NAME = {"name": "of the user, as the hub has it"}
JSON = {"json": "print JSON"}
HOMES = {"new_homes": "go on where users would get new, empty homes"}
