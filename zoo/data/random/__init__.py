"""Random order and random changes of training inputs, and random numbers for a plug-in's own changes."""
