"""Who hears of events: loaded by every process, since any of them may make one true."""

from plateau.activity import jobs as activity
from plateau.exchange import jobs as exchange
from plateau.images import jobs as images
from plateau.images.commitment import scp as commitment
from plateau.planning import jobs as planning
from plateau.reading import jobs as reading
from plateau.reading.assistant import jobs as drafts
from plateau.reading.critical import jobs as critical
from plateau.reading.relook import jobs as relook
from plateau.reading.second import jobs as second_reading
from plateau.requests import jobs as requests

SUBSCRIBERS = (
    commitment,
    images,
    requests,
    reading,
    drafts,
    critical,
    relook,
    second_reading,
    planning,
    exchange,
    activity,
)
