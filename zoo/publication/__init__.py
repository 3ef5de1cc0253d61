"""What a trained run becomes for others: a weights file with its catalog entry, a card, a distribution."""
