"""Place names and their codes (行政区划代码): what a name meant in a year, and what became of the place."""
