"""The report: one campaign as one self-contained HTML page. It renders what the campaign knows and decides nothing."""
