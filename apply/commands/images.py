"""`inv images.*`: notebook images from the stack file."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, SPEC
from apply.console import user_errors

_NAMES = {"names": "of images, separated by commas; without it those that an enabled profile uses"}


@task(name="lock", help=SPEC | {"upgrade": "take newer versions too", "python_only": "no engine and no registry"})
def lock(_, spec="stack.yaml", upgrade=False, python_only=False):
    """Pin every package and base of the images."""
    with user_errors():
        from apply import imagelock

        imagelock.lock(spec, upgrade, python_only)


_BUILD = {
    "no_cache": "build every layer again",
    "platform": "such as linux/arm64",
    "jobs": "images at once",
}


@task(name="build", help=SPEC | JSON | _NAMES | _BUILD)
def build(_, names="", spec="stack.yaml", no_cache=False, platform="", jobs=1, json=False):
    """Build what changed of the notebook images."""
    with user_errors():
        from apply import imagebuilder, images

        images.build(spec, names, imagebuilder.Options(not no_cache, platform, jobs), json)


@task(name="test", help=SPEC | JSON | {"names": _NAMES["names"] + "; any image", "sbom": "folder for its packages"})
def prove(_, names="", spec="stack.yaml", sbom="", json=False):
    """Prove that images work, as they would on a cluster."""
    with user_errors():
        from apply import imageproof

        imageproof.test(spec, names, sbom, json)


@task(name="push", help=SPEC | JSON | _NAMES)
def push(_, names="", spec="stack.yaml", json=False):
    """Push proven images and pin the profiles to them."""
    with user_errors():
        from apply import imagepush

        imagepush.push(spec, names, json)


@task(name="list", help=SPEC | JSON)
def list_(_, spec="stack.yaml", json=False):
    """Show images: declared, built, pushed, in use."""
    with user_errors():
        from apply import imagelist

        imagelist.show(spec, json)


_EXTEND = {"image": "the image to build on", "with": "mcp,buunstack or other package groups", "name": "of the new one"}


@task(name="extend", positional=["image"], help=SPEC | _EXTEND)
def extend(_, image, with_="mcp,buunstack", name="", spec="stack.yaml"):
    """Write and build a Dockerfile that adds to an image."""
    with user_errors():
        from apply import imageextend

        imageextend.extend(spec, image, with_, name)


COMMANDS = Collection("images", build, extend, list_, lock, push, prove)
