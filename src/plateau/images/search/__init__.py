"""Finding what is stored: C-FIND and QIDO-RS."""
