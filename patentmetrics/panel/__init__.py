"""From records to place × year: aggregate, merge, balance, winsorise."""
