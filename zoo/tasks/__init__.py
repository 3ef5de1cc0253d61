"""Tasks: the kit for plug-ins, such as losses, measures, pictures and optimizers of one kind of task."""
