"""Random changes of training inputs inside tf.data, and random numbers for a plug-in's own changes."""
