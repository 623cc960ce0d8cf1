"""Run the sealed measurement and the checks, and read the metrics. Where a tree comes from is not known here."""
