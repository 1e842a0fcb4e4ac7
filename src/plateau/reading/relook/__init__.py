"""Images and priors that came after a report was signed: somebody looks at them."""
