"""What `corpus_stats.py` measures: counts of our posts, their near copies, and how far they are from a stream's."""
