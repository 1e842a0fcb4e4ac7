"""Other DICOM systems: who they are, whether they answer."""
