"""What a person asks of a site, as functions that know no door: neither click nor rich nor HTTP."""
