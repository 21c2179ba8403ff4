"""Pictures: loading, colour, cutting out, placing, composing. Nothing here knows of the model.

The way of a product's picture: `loading` opens it, `colour` makes it upright sRGB, `cutout` takes the product out of its
backdrop, `placing` says where it stands, `composing` lays it over the background. Clicked and stored
pictures end after `colour`.
"""
