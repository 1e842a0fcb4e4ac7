"""Reading the figures of a radiation dose report (PS3.16, TID 10001 and 10011)."""

from collections.abc import Iterator
from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset

from plateau.images.types import Dose

# PS3.16: (code, scheme); DLP and CTDIvol of TID 10012 and 10013, DAP of TID 10002
_CTDI_VOL = ("113830", "DCM")
_DLP_TOTAL = ("113813", "DCM")
_DAP_TOTAL = ("113722", "DCM")
_TO_MGY_CM2 = {"Gy.m2": 1e7, "dGy.cm2": 1e2, "cGy.cm2": 1e1, "mGy.cm2": 1.0, "uGy.m2": 1e1}


def read(content: bytes) -> Dose:
    """The dose of a report: the highest CTDIvol of its acquisitions, the total DLP, the total DAP.

    Units: mGy; mGy·cm; mGy·cm².
    """
    report = dcmread(BytesIO(content))
    ctdi = list(_numbers(report, _CTDI_VOL))
    return Dose(
        ctdi_vol_mgy=max((value for value, _ in ctdi), default=None),
        dlp_mgy_cm=next((value for value, _ in _numbers(report, _DLP_TOTAL)), None),
        dap_mgy_cm2=next(
            (
                value * _TO_MGY_CM2[unit]
                for value, unit in _numbers(report, _DAP_TOTAL)
                if unit in _TO_MGY_CM2
            ),
            None,
        ),
        device=" ".join(
            text
            for keyword in ("Manufacturer", "ManufacturerModelName")
            if (text := str(report.get(keyword) or "").strip())
        ),
    )


def _numbers(item: Dataset, concept: tuple[str, str]) -> Iterator[tuple[float, str]]:
    """The measured values named `concept`, with their units, wherever they are in the tree."""
    for child in item.get("ContentSequence", ()):
        if child.get("ValueType") == "NUM" and _code(child, "ConceptNameCodeSequence") == concept:
            for measured in child.get("MeasuredValueSequence", ()):
                unit, _ = _code(measured, "MeasurementUnitsCodeSequence")
                yield float(measured.NumericValue), unit
        yield from _numbers(child, concept)


def _code(item: Dataset, keyword: str) -> tuple[str, str]:
    codes = item.get(keyword) or [Dataset()]
    return str(codes[0].get("CodeValue", "")), str(codes[0].get("CodingSchemeDesignator", ""))
