"""Pure decisions about requests and exams."""
