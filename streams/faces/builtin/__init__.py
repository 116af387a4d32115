"""An engine a file; its name is the engine's name.

A module here has ``identity()``, ``weights()`` and ``load(threads, cache)``, as what a third party's package offers.
"""
