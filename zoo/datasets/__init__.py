"""Named data sets, one a module, each an entry point of the group `zoo.datasets`."""

# The first line of the module's docstring says what the data is. INPUT_SHAPE and CLASSES (and OUTPUTS,
# where numbers are predicted) are known without loading the data; `load()` returns a zoo.Dataset that
# agrees with them. SOURCE and LICENSE say where the data comes from and who may use it; HUB is its name on
# huggingface.co. The card of a trained model shows them.
