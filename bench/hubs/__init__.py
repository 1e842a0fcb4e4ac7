"""Image hubs side by side: the bytes, the clients, the servers and the rows of `bench/hub.py`."""
