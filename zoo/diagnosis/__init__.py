"""What is installed and what this machine lacks: the states of plug-ins, and the findings of the doctor."""
