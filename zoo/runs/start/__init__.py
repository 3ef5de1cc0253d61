"""The start of a training: settings that suit the amount of data, and a line on data, model and machine."""
