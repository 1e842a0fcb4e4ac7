"""What processes without pages count for Prometheus; labels are codes, never people or places."""

from prometheus_client import Counter

STORES = Counter("plateau_stores", "Objects that machines sent, by C-STORE status.", ["status"])
DELIVERIES = Counter("plateau_deliveries", "Attempts to deliver a report, by outcome.", ["outcome"])
