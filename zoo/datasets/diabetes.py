"""442 patients: ten measurements, and the progress of diabetes after a year (Efron et al. 2004).

scikit-learn ships the data without a test split; 88 patients are held out.
"""

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.split import Split

INPUT_SHAPE = (10,)
CLASSES = None
OUTPUTS = 1
SOURCE = "Efron et al. 2004, Least angle regression, as scikit-learn ships it"
LICENSE = "not stated"
INPUTS = "ten measurements of a patient, scaled as in scikit-learn"
HELD_OUT = 88


def load() -> Dataset:
    """Read the patients from scikit-learn's own files; nothing is downloaded."""
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import train_test_split

    patients, progress = load_diabetes(return_X_y=True, scaled=False)
    parts = train_test_split(
        patients.astype(np.float32), progress.astype(np.float32), test_size=HELD_OUT, random_state=0
    )
    x_train, x_test, y_train, y_test = parts
    return Dataset("diabetes", Split(x_train, y_train), Split(x_test, y_test))
