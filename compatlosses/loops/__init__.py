"""The compiled loops of each loss: a file each, made of the loss's definition and of what
`elements` shares.
"""
