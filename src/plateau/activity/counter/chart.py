"""The drift of each party over time, as the points of lines in a picture."""

from dataclasses import dataclass

from plateau.activity.agreements.types import Agreement
from plateau.activity.counter.types import Count

WIDTH, HEIGHT = 640, 160
_MARGIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One party's line: where it passes, and where it ends."""

    member: str
    points: str
    end_x: float
    end_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The lines, the band of tolerance and the middle, in a picture of 640 by 160."""

    curves: tuple[Curve, ...]
    band_y: float
    band_height: float
    middle_y: float
    most: float  # points at the upper edge


def chart(agreement: Agreement, count: Count) -> Chart:
    """The drift in points of each party at the end of each week."""
    drifts = [abs(one.points) for point in count.points for one in point.standings]
    most = max([*drifts, 2 * agreement.tolerance / 100, 1.0])
    middle = HEIGHT / 2
    scale = (middle - _MARGIN) / most
    step = (WIDTH - 90) / max(1, len(count.points) - 1)

    def placed(at: int) -> list[tuple[float, float]]:
        return [
            (round(n * step, 1), round(middle - point.standings[at].points * scale, 1))
            for n, point in enumerate(count.points)
        ]

    curves: list[Curve] = []
    for at, member in enumerate(agreement.parties):
        places = placed(at)
        if places:
            points = " ".join(f"{x},{y}" for x, y in places)
            curves.append(
                Curve(member=member, points=points, end_x=places[-1][0], end_y=places[-1][1])
            )
    band = agreement.tolerance / 100 * scale
    return Chart(
        curves=tuple(curves),
        band_y=round(middle - band, 1),
        band_height=round(2 * band, 1),
        middle_y=middle,
        most=most,
    )
