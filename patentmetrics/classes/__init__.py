"""IPC and CPC symbols, concordances, matching."""
