"""What an install declared is kept and read back; what cannot be read is none, and never a fault."""

from pathlib import Path

import msgspec
import pytest

from apply import declared, plan
from apply.installation import _hits
from apply.plan import Change, Plan
from spec.load import load, parse
from spec.pushed import Declared, Pushed

EXAMPLES = sorted((Path(__file__).parents[2] / "spec" / "examples").glob("*.yaml"))
LAB = """\
version: 1
target: {kind: kubernetes}
hub: {host: hub.lab.internal}
auth: {kind: native}
vault: {enabled: false}
"""
OLD = f"{LAB}profiles: {{minimal: {{enabled: true}}, base: {{enabled: true}}}}\n"
NEW = f"{LAB}profiles: {{minimal: {{enabled: true}}}}\negress: {{minio: {{}}}}\nculling: {{max_age: 1d}}\n"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_stack_comes_back_as_it_was_kept(file: Path) -> None:
    stack = load(file)

    kept = Declared(stack, {"r.lab.internal/a:1": Pushed("sha256:1", "f1", 981_200_000)})
    assert declared.read(declared.text(kept)) == kept


def test_what_an_earlier_version_kept_is_a_stack_without_its_images() -> None:
    stack, _ = parse(OLD, "stack.yaml")

    assert declared.read(msgspec.json.encode(stack).decode() + "\n") == Declared(stack)


@pytest.mark.parametrize("kept", [None, "", "{", '{"version": 1, "of_later": true}', "[]"])
def test_what_was_not_kept_or_is_of_another_version_is_none(kept: str | None) -> None:
    assert declared.read(kept) is None


def test_a_plan_for_a_merge_request_says_who_is_hit_before_what_changes() -> None:
    (old, _), (new, _) = parse(OLD, "stack.yaml"), parse(NEW, "stack.yaml")
    changes = [Change("update", "Deployment hub", effect="a pause")]

    text = plan.markdown(Plan(changes), _hits(Declared(old, {}), Declared(new, {})))

    assert text.index("### Somebody loses something") < text.index("- update `Deployment hub`")
    assert "| everybody | profile base is gone: running servers go on, the next start needs another profile |" in text
    assert "| every server | may connect to minio: namespace minio, 9000, 9001 | `egress.minio` |" in text
    assert "6d 10m -> 1d 10m | `culling.max_age`, `culling.every` |" in text


def test_a_plan_for_a_merge_request_says_how_much_nodes_pull() -> None:
    built = f"{LAB}images: {{registry: r.lab.internal, tag: t1}}\nprofiles: {{buun-stack: {{enabled: true}}}}\n"
    stack, address = parse(built, "stack.yaml")[0], "r.lab.internal/datastack-notebook:t1"
    small, big = Pushed("sha256:1", "f1", 981_200_000), Pushed("sha256:2", "f2", 1_314_000_000)
    kept = declared.read(declared.text(Declared(stack, {address: small})))

    text = plan.markdown(Plan([Change("update", "Secret hub")]), _hits(kept, Declared(stack, {address: big})))

    assert "### Somebody notices" in text
    assert "981 MB -> 1.31 GB; each node pulls up to 1.31 GB again | `pushed.yaml` |" in text


def test_where_nothing_was_kept_a_plan_is_the_changes_alone() -> None:
    new, _ = parse(LAB, "stack.yaml")

    assert _hits(None, Declared(new, {})) == []
