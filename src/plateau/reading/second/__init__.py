"""Double reading: exams drawn by agreed shares are read again by somebody else."""
