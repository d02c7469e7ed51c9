"""adetk: adverse drug events in patient text, from raw posts to coded terms."""

__version__ = "0.1.0"
