"""Durations, memory and processor amounts: text to numbers. Pure."""

import re

DURATION = r"^[1-9][0-9]{0,8}(s|m|h|d)$"
MEMORY = r"^[1-9][0-9]{0,12}(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$"
CPU = r"^([0-9]{1,6}m|[0-9]{1,4}(\.[0-9]{1,3})?)$"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BYTES |= {f"{unit}i": 1024**power for power, unit in enumerate("KMGTP", 1)}


def seconds(duration: str) -> int:
    """Seconds of a duration such as `90s`, `10m`, `24h` or `7d`."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def duration(seconds: int) -> str:
    """The shortest duration of so many seconds, such as `90s` or `10m`."""
    unit = next(unit for unit, size in reversed(_SECONDS.items()) if seconds % size == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def spelled(seconds: int) -> str:
    """Seconds in days, hours, minutes and seconds, such as `6d 10m`; `0s` for none."""
    words, rest = [], seconds
    for unit, size in reversed(_SECONDS.items()):
        count, rest = divmod(rest, size)
        words += [f"{count}{unit}"] if count else []
    return " ".join(words) or "0s"


def bytes_of(memory: str) -> int:
    """Bytes of a Kubernetes memory quantity such as `4Gi` or `500M`."""
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", memory)
    assert found, memory
    return int(float(found[1]) * _BYTES[found[2]])


def megabytes(size: int) -> str:
    """Bytes as registries show them, in powers of ten: `0.4 MB`, `981 MB`, `2.49 GB`."""
    if round(size / 10**6) >= 1000:
        return f"{size / 10**9:.2f} GB"
    return f"{size / 10**6:.{0 if size >= 10**7 else 1}f} MB"


def cores(cpu: str | float) -> float:
    """Cores of a Kubernetes processor quantity such as `500m` or `1.5`."""
    return int(cpu[:-1]) / 1000 if isinstance(cpu, str) and cpu.endswith("m") else float(cpu)
