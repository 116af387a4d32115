"""Terms, and what absence costs in them."""
