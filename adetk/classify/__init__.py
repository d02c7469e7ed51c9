"""The gate: does a post report an adverse drug event?"""
