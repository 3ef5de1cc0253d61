"""Sweeps: many trainings of one model, whose settings Optuna chooses from a space."""
