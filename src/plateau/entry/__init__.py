"""One file per process, wired by hand."""
