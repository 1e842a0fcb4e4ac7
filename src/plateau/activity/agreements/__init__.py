"""What members have agreed: agreements, tariffs, pay of duties, and the arithmetic they ask for."""
