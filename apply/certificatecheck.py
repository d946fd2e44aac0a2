"""What is wrong with a certificate, judged by what was read of it. Pure."""

from collections.abc import Iterator

from apply.diagnosis import Hit
from apply.machineseen import CertificateSeen

_SOON_DAYS = 14
"""Install makes a certificate of a machine anew when 30 days are left; below this nobody has installed for long."""


def hits(one: CertificateSeen, place: str) -> Iterator[Hit]:
    """One thing at most: what comes first keeps it from being of use.

    Args:
        place: where it lies, for the evidence.
    """
    named = {"name": one.name}
    if one.fault:
        yield Hit("CERT105", f"{place}: {one.fault}", named)
    elif one.begins_in_days > 0:
        yield Hit("CERT106", f"{place} begins in {one.begins_in_days:.1f} days", named)
    elif one.days <= 0:
        yield Hit("CERT101", f"{place} ended {-one.days:.0f} days ago", named)
    elif not one.of_authority:
        yield Hit("CERT103", f"{place} is not signed by tls/ca.pem", named)
    elif not one.fits_key:
        yield Hit("CERT104", f"{place} does not fit its key", named)
    elif one.days < _SOON_DAYS:
        yield Hit("CERT102", f"{place} ends in {one.days:.0f} days", named)
