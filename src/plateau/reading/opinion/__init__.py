"""Second opinions and multidisciplinary meetings: asked, answered, attached."""
