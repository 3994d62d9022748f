"""Other formats: one module each, for reading and for writing.

Here: nothing; the modules beside this one stand alone.
"""
