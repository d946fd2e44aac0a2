"""The images that nodes pull anew after a change: how big they are, and for whose servers. Pure."""

from dataclasses import dataclass

from render.effects import Effect, who
from spec.images import built_images
from spec.profiles import StartedImage, started_images
from spec.pushed import FILE, Declared
from spec.quantities import megabytes

_NAMING = ("registry", "tag", "name", "cuda_name")
"""The keys of `images` that the address of a built image is made of."""


@dataclass(frozen=True)
class Image:
    """An image that servers start."""

    address: str
    digest: str
    """Of its last push; empty where servers start what the tag names."""
    bytes: int | None
    """As the registry keeps it, compressed."""
    unknown: str
    """Why its size is not known; empty where it is."""


@dataclass(frozen=True)
class Pull:
    """One image instead of another one, under its address or under the same."""

    before: Image
    after: Image
    profiles: tuple[str, ...]
    """Those that start it."""
    who: str
    keys: tuple[str, ...]

    @property
    def effect(self) -> Effect:
        """What users of these profiles should know."""
        words = f"{', '.join(self.profiles)}: {self._what} from the next start on; {self._size}"
        return Effect("notice", self.who, words, self.keys)

    @property
    def _moved(self) -> bool:
        return self.before.address != self.after.address

    @property
    def _what(self) -> str:
        if self._moved:
            return f"{self.before.address} -> {self.after.address}"
        how = "as it was pushed last," if self.after.digest else "by its tag, no longer by a digest,"
        return f"{self.after.address} {how}"

    @property
    def _size(self) -> str:
        was, now = self.before.bytes, self.after.bytes
        known, again = None if was is None else megabytes(was), "first" if self._moved else "again"
        if now is None:
            came = f"{known} -> " if known else ""
            return f"{came}size unknown: {self.after.unknown}; each node pulls it {again}"
        return f"{known or 'size unknown'} -> {megabytes(now)}; each node pulls up to {megabytes(now)} {again}"


def pulls(before: Declared, after: Declared) -> list[Pull]:
    """What enabled profiles start that is another image than before; nothing on one machine, which starts none."""
    if after.stack.target.kind != "kubernetes":
        return []
    old, new = started_images(before.stack), started_images(after.stack)
    found: dict[tuple[Image, Image], list[str]] = {}
    for key, started in new.items():
        # A choice without an image of its own had the profile's.
        former = old.get(key) or old.get(f"profiles.{started.profile.slug}.image")
        if former is not None:
            pair = _image(before, former.address), _image(after, started.address)
            if _differ(*pair, images_known=before.images is not None):
                found.setdefault(pair, []).append(key)
    return [_pull(before, after, pair, {key: new[key] for key in keys}, old) for pair, keys in found.items()]


def _pull(
    before: Declared,
    after: Declared,
    pair: tuple[Image, Image],
    slots: dict[str, StartedImage],
    old: dict[str, StartedImage],
) -> Pull:
    """Args: slots: by key, where the newer one is started."""
    was, now = pair
    profiles = {one.profile.slug: one.profile for one in slots.values()}
    # An effect is by this file when no key of the stack file makes another address.
    keys = (FILE,) if was.address == now.address else _keys(before, after, slots, old)
    return Pull(was, now, tuple(profiles), who(*profiles.values()), keys)


def _image(state: Declared, address: str) -> Image:
    images = state.images or {}
    digest = address.partition("@")[2]
    entry = images.get(address) or next((one for one in images.values() if digest and one.digest == digest), None)
    if entry is not None:
        unknown = "" if entry.size is not None else "not noted by its push"
        return Image(address, entry.digest, entry.size, unknown)
    ours = any(address == image.reference for image in built_images(state.stack).values())
    return Image(address, digest, None, "no push of it is noted" if ours else "pushed elsewhere")


def _differ(was: Image, now: Image, images_known: bool) -> bool:
    """Whether nodes pull something; a size that is noted later only makes no other image."""
    if was.address != now.address:
        return True
    resized = None not in (was.bytes, now.bytes) and was.bytes != now.bytes
    return images_known and (was.digest != now.digest or resized)


def _keys(
    before: Declared, after: Declared, slots: dict[str, StartedImage], old: dict[str, StartedImage]
) -> tuple[str, ...]:
    """Those of the stack file that make another address."""
    own = [key for key, one in slots.items() if key not in old or old[key].declared != one.declared]
    was, now = before.stack.images, after.stack.images
    addresses = {image.reference for image in built_images(after.stack).values()}
    built = any(one.address in addresses for one in slots.values())
    naming = [f"images.{name}" for name in _NAMING if built and getattr(was, name) != getattr(now, name)]
    return tuple([*own, *naming] or slots)
