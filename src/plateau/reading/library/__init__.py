"""Texts that reports are written from: templates of types of exams, and macros."""
