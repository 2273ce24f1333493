"""One file per source: a table of patents, a folder of policy documents."""
