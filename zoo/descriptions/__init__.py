"""What a model is, without training it: settings, parameters, inputs and outputs, kept in a cache."""
