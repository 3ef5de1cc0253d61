"""Files from strangers: what a folder and a graph may hold, the cage they run in, and who signed them."""
