"""Members, sites, machines, practitioners, agreements, dated rules."""
