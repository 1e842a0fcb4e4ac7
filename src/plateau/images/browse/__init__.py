"""Studies looked for by hand."""
