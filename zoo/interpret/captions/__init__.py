"""Words for pictures: what is seen, for people who do not see them."""
