"""DICOM files: their layout, what is read of them, their other forms."""
