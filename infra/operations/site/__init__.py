"""A site as a whole: how it is, what it holds, why it holds nothing."""
