"""The workbench (词典工作台): a local page on which lexicons are curated, and the agreement of two coders."""
