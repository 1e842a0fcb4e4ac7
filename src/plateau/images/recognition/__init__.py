"""A person says who somebody of another institution is: what waited for them is indexed."""
