"""An engine a file. A module here has ``identity()`` and ``load(threads, cache)``; its name is the engine's name."""
