"""The library that checks schemas is loaded without the grammars that nothing asks for."""

import subprocess
import sys


def test_a_schema_is_checked_without_compiling_the_grammar_of_addresses() -> None:
    script = (
        "import sys\nfrom spec import validators\n"
        "validators.jsonschema().validate(1, {'type': 'integer'})\n"
        "print([name for name in ('lark', 'rfc3987_syntax') if name in sys.modules])\n"
        "import rfc3987_syntax\nprint(rfc3987_syntax.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\nrfc3987_syntax\n", "and it can be imported by whoever wants it"
