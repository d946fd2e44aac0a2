"""What flags of several commands mean."""

SPEC = {"spec": "the stack file"}
STATE = SPEC | {"state": "state directory of the local target (default: under the XDG state home)"}
JSON = {"json": "print JSON"}
HOMES = {"new_homes": "go on where users would get new, empty homes"}
