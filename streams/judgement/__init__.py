"""The judgement of a class hour: a pure function of a set of facts."""
