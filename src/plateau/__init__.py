"""Plateau runs a territory's pooled medical imaging."""
