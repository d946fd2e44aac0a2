"""Names of images in an engine, which only tests give and take."""

import subprocess


def tag(image: str, name: str) -> None:
    """Give an image of Docker's one more name."""
    subprocess.run(["docker", "tag", image, name], check=True)


def untag(name: str, program: str = "docker") -> None:
    """Remove an image's name; the image too when it was its last."""
    subprocess.run([program, "image", "rm", name], check=True, capture_output=True)
