"""Pictures: loading, colour, cutting out, placing, shadow, composing. Nothing here knows of the model.

The way of a product's picture: `loading` opens it, `colour` makes it upright sRGB, `cutout` takes the product out of its
backdrop (`segmenting` out of any other background), `stance` tells how it is shown and how large it is, `placing` where it
stands, `contact` what of it touches the ground, `shadow` darkens that ground, `composing` lays the product over it. Clicked and
stored pictures end after `colour`.
"""
