"""The linker: which term of a terminology does a mention mean?"""
