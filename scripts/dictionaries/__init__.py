"""The parts of `build_dictionaries.py`: one module a kind of dictionary."""
