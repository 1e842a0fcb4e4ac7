"""Reports that members owe: to the health agency, to their assembly, to the on-call commission."""
