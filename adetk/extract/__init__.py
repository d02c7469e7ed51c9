"""The tagger: where does a post say the effect, and which drugs does it name?"""
