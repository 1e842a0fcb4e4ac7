"""Identifiers, one type per thing, so that they cannot be swapped."""

from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)  # somebody who acts: reader, requester, technologist…
PatientId = NewType("PatientId", UUID)
MemberId = NewType("MemberId", UUID)
SiteId = NewType("SiteId", UUID)
DeviceId = NewType("DeviceId", UUID)
LineId = NewType("LineId", UUID)  # an on-call or session line
DutyId = NewType("DutyId", UUID)
RequestId = NewType("RequestId", UUID)
ExamId = NewType("ExamId", UUID)
StudyId = NewType("StudyId", UUID)
VersionId = NewType("VersionId", UUID)  # one signed version of a report
DestinationId = NewType("DestinationId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
