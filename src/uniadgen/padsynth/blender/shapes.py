"""A small mesh toolkit for Blender: solids with soft edges, sweeps, labels and surfaces, from which products are put together.

All functions bake positions into the mesh and leave the object's own transform at identity, so that a whole product can be
moved by moving each of its objects alike. Lengths are metres, colours sRGB in 0..1, and the front faces -Y.
"""

import itertools
import math
import random
from collections.abc import Callable, Sequence

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from uniadgen.padsynth.blender.materials import linear, mix, principled

Colour = tuple[float, float, float]
Point = tuple[float, float, float]
Point2 = tuple[float, float]


# --- outlines, profiles and paths -------------------------------------------------------------------------------------------


def circle(radius: float, count: int = 48, squash: float = 1.0) -> list[Point2]:
    """A circle, or with `squash` an ellipse that is narrower along y, counter-clockwise."""
    angles = (2 * math.pi * i / count for i in range(count))
    return [(radius * math.cos(a), radius * squash * math.sin(a)) for a in angles]


def rounded_rect(width: float, height: float, corner: float, steps: int = 6) -> list[Point2]:
    """A rectangle around the origin with round corners, counter-clockwise."""
    corner = min(corner, 0.499 * width, 0.499 * height)
    points = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for step in range(steps + 1):
            angle = math.pi / 2 * (quarter + step / steps)
            x = sx * (width / 2 - corner) + corner * math.cos(angle)
            y = sy * (height / 2 - corner) + corner * math.sin(angle)
            points.append((x, y))
    return points


def superellipse(width: float, height: float, power: float = 4, count: int = 56) -> list[Point2]:
    """Between an ellipse (power 2) and a rectangle (large powers)."""
    points = []
    for i in range(count):
        c, s = math.cos(2 * math.pi * i / count), math.sin(2 * math.pi * i / count)
        x = math.copysign(abs(c) ** (2 / power), c) * width / 2
        y = math.copysign(abs(s) ** (2 / power), s) * height / 2
        points.append((x, y))
    return points


def fillet(points: Sequence[Sequence[float]], steps: int = 4) -> list[Point2]:
    """Rounds the corners of an open polyline: a point is (x, y) for a sharp corner or (x, y, radius) for a round one."""
    result: list[Point2] = []
    for i, point in enumerate(points):
        here = Vector(point[:2])
        if len(point) == 2 or not 0 < i < len(points) - 1:
            result.append(tuple(here))
            continue
        before, after = Vector(points[i - 1][:2]) - here, Vector(points[i + 1][:2]) - here
        start = here + before.normalized() * min(point[2], 0.5 * before.length)
        end = here + after.normalized() * min(point[2], 0.5 * after.length)
        for step in range(steps + 1):
            t = step / steps
            result.append(tuple((1 - t) ** 2 * start + 2 * t * (1 - t) * here + t**2 * end))
    return result


def spline(points: Sequence[Sequence[float]], steps: int = 6, closed: bool = False) -> list[tuple[float, ...]]:
    """A Catmull-Rom curve through points of any dimension."""
    array = np.asarray(points, float)
    padded = np.concatenate([array[-1:], array, array[:2]] if closed else [array[:1], array, array[-1:]])
    result = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for t in np.arange(steps) / steps:
            curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            result.append(tuple(float(x) for x in curve / 2))
    return result if closed else [*result, tuple(float(x) for x in array[-1])]


def radius_at(profile: Sequence[Point2], z: float) -> float:
    """The outer radius of a lathe profile at a height."""
    best = 0.0
    for (r0, z0), (r1, z1) in itertools.pairwise(profile):
        if min(z0, z1) <= z <= max(z0, z1):
            best = max(best, r0 if z1 == z0 else r0 + (r1 - r0) * (z - z0) / (z1 - z0))
    return best


def hollow(profile: Sequence[Point2], wall: float, floor: float | None = None) -> list[Point2]:
    """The profile of an open vessel with a wall, from its outer profile (bottom to top, starting on the axis)."""
    floor = wall if floor is None else floor
    low = profile[0][1] + floor
    inner = [(max(r - wall, 0.0), max(z, low)) for r, z in profile if r > wall and z >= low]
    return [*profile, *reversed(inner), (max(radius_at(profile, low) - wall, 0.0), low), (0.0, low)]


# --- solids -----------------------------------------------------------------------------------------------------------------


def mesh_object(
    name: str,
    vertices: Sequence[Sequence[float]],
    faces: Sequence[Sequence[int]],
    material: bpy.types.Material,
    smooth: float = 40,
    closed: bool = True,
) -> bpy.types.Object:
    """An object from vertices and faces, smooth where faces meet at less than `smooth` degrees."""
    import bmesh

    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    if closed:
        work = bmesh.new()
        work.from_mesh(mesh)
        bmesh.ops.remove_doubles(work, verts=work.verts, dist=1e-6)
        bmesh.ops.recalc_face_normals(work, faces=work.faces)
        work.to_mesh(mesh)
        work.free()
    return _finish(mesh, material, smooth)


def _finish(mesh: bpy.types.Mesh, material: bpy.types.Material, smooth: float) -> bpy.types.Object:
    mesh.materials.append(material)
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=math.radians(smooth))
    obj = bpy.data.objects.new(mesh.name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    # Large flat faces next to small bevels would otherwise be shaded as if they were curved.
    modifier = obj.modifiers.new("normals", "WEIGHTED_NORMAL")
    modifier.keep_sharp = True
    return obj


def move(
    obj: bpy.types.Object, offset: Point = (0, 0, 0), degrees: Point = (0, 0, 0), scale: float | Point = 1.0
) -> bpy.types.Object:
    """Scales, turns (x, then y, then z) and shifts the mesh itself, about the origin."""
    sizes = (scale,) * 3 if isinstance(scale, int | float) else scale
    turn = Euler([math.radians(d) for d in degrees]).to_matrix().to_4x4()
    obj.data.transform(Matrix.Translation(offset) @ turn @ Matrix.Diagonal((*sizes, 1)))
    return obj


def box(
    name: str, size: Point, centre: Point, material: bpy.types.Material, bevel: float = 0.002, segments: int = 3
) -> bpy.types.Object:
    """A box with rounded edges; `centre` is the middle of its bottom face."""
    import bmesh

    work = bmesh.new()
    bmesh.ops.create_cube(work, size=1, matrix=Matrix.Diagonal((*size, 1)))
    width = min(bevel, 0.49 * min(size))
    bmesh.ops.bevel(work, geom=work.edges[:], offset=width, segments=segments, profile=0.5, affect="EDGES")
    bmesh.ops.translate(work, verts=work.verts, vec=(centre[0], centre[1], centre[2] + size[2] / 2))
    mesh = bpy.data.meshes.new(name)
    work.to_mesh(mesh)
    work.free()
    return _finish(mesh, material, 50)


def loft(
    name: str, sections: Sequence[Sequence[Point]], material: bpy.types.Material, smooth: float = 40, ring: bool = False
) -> bpy.types.Object:
    """A skin over closed sections with the same number of points; ends are capped unless the sections form a `ring`."""
    count, total = len(sections[0]), len(sections)
    faces: list[Sequence[int]] = []
    for i in range(total if ring else total - 1):
        a, b = i * count, (i + 1) % total * count
        faces += [(a + j, a + (j + 1) % count, b + (j + 1) % count, b + j) for j in range(count)]
    if not ring:
        for i in (0, total - 1):
            if max(map(max, sections[i])) - min(map(min, sections[i])) > 0 and len(set(sections[i])) > 2:
                faces.append(range(i * count, (i + 1) * count))
    return mesh_object(name, [p for section in sections for p in section], faces, material, smooth)


def lathe(
    name: str,
    profile: Sequence[Point2],
    material: bpy.types.Material,
    segments: int = 56,
    squash: float = 1.0,
    smooth: float = 40,
    ring: bool = False,
) -> bpy.types.Object:
    """A solid of revolution about the z axis from (radius, z) points; `ring` closes the profile to itself."""
    sections = [[(x, y, z) for x, y in circle(max(r, 0.0), segments, squash)] for r, z in profile]
    return loft(name, sections, material, smooth, ring)


def prism(
    name: str, outline: Sequence[Point2], profile: Sequence[Point2], material: bpy.types.Material, smooth: float = 40
) -> bpy.types.Object:
    """An upright body with an outline around the origin; the profile's points are (inset, z)."""
    half_x, half_y = max(abs(x) for x, _ in outline), max(abs(y) for _, y in outline)
    sections = [
        [(x * max(half_x - inset, 0) / half_x, y * max(half_y - inset, 0) / half_y, z) for x, y in outline]
        for inset, z in profile
    ]
    return loft(name, sections, material, smooth)


def slab(
    name: str, size: Point, material: bpy.types.Material, corner: float, edge: float = 0.002, z: float = 0.0, taper: float = 0.0
) -> bpy.types.Object:
    """A body with a rounded rectangle as its outline and rounded upper and lower edges; its top is smaller by `taper`."""
    edge = min(edge, size[2] * 0.499)
    profile = fillet([(edge, z), (0, z, edge), (taper, z + size[2], edge), (taper + edge, z + size[2])])
    return prism(name, rounded_rect(size[0], size[1], corner), profile, material)


def plate(
    name: str, outline: Sequence[Point2], depth: float, material: bpy.types.Material, bevel: float = 0.001
) -> bpy.types.Object:
    """Any polygon in the x-z plane, extruded along y about y=0, with bevelled rims."""
    import bmesh

    work = bmesh.new()
    face = work.faces.new([work.verts.new((x, -depth / 2, z)) for x, z in outline])
    extruded = bmesh.ops.extrude_face_region(work, geom=[face])["geom"]
    back = [item for item in extruded if isinstance(item, bmesh.types.BMVert)]
    bmesh.ops.translate(work, verts=back, vec=(0, depth, 0))
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.edges.ensure_lookup_table()
    rims = [e for e in work.edges if abs(e.verts[0].co.y - e.verts[1].co.y) < depth / 2]
    bmesh.ops.bevel(
        work, geom=rims, offset=min(bevel, depth * 0.45), segments=3, profile=0.5, affect="EDGES", clamp_overlap=True
    )
    mesh = bpy.data.meshes.new(name)
    work.to_mesh(mesh)
    work.free()
    return _finish(mesh, material, 40)


def cushion(
    name: str, size: Point, centre: Point, material: bpy.types.Material, power: float = 4.5, puff: float = 2.6
) -> bpy.types.Object:
    """A stuffed pillow: a rounded rectangle from above, bulging between its rims; `centre` is the middle of its bottom."""
    outline = superellipse(size[0], size[1], power, 64)
    sections = []
    for step in range(-9, 10):
        angle = math.pi / 2 * step / 9
        s, c = math.sin(angle), math.cos(angle)
        z = centre[2] + size[2] / 2 * (1 + math.copysign(abs(s) ** (2 / puff), s))
        k = abs(c) ** (2 / puff) if abs(step) < 9 else 0.0
        sections.append([(centre[0] + x * k, centre[1] + y * k, z) for x, y in outline])
    return loft(name, sections, material, 60)


def ball(name: str, radius: float, centre: Point, material: bpy.types.Material, squash_z: float = 1.0) -> bpy.types.Object:
    """A sphere or, with `squash_z`, a flattened one."""
    profile = [
        (radius * math.cos(a), radius * squash_z * math.sin(a)) for a in np.linspace(-math.pi / 2, math.pi / 2, 15).tolist()
    ]
    profile[0], profile[-1] = (0.0, profile[0][1]), (0.0, profile[-1][1])
    return move(lathe(name, profile, material, 28), centre)


def sweep(
    name: str,
    path: Sequence[Sequence[float]],
    outline: Sequence[Point2],
    material: bpy.types.Material,
    up: Point = (0, 1, 0),
    closed: bool = False,
) -> bpy.types.Object:
    """An outline carried along a path. The outline's second axis starts along `up` (of a plane path, best the normal)."""
    points = [Vector(p) for p in path]
    total = len(points)
    sections, normal = [], Vector(up)
    for i, point in enumerate(points):
        ahead = points[(i + 1) % total] if closed or i + 1 < total else point
        behind = points[i - 1] if closed or i else point
        tangent = (ahead - behind).normalized()
        normal = (normal - tangent * normal.dot(tangent)).normalized()
        side = tangent.cross(normal)
        sections.append([tuple(point + side * a + normal * b) for a, b in outline])
    return loft(name, sections, material, 50, ring=closed)


def tube(
    name: str,
    path: Sequence[Sequence[float]],
    radius: float,
    material: bpy.types.Material,
    up: Point = (0, 1, 0),
    closed: bool = False,
    sides: int = 14,
) -> bpy.types.Object:
    """A round bar along a path."""
    return sweep(name, path, circle(radius, sides), material, up, closed)


def join(objects: Sequence[bpy.types.Object]) -> bpy.types.Object:
    """Several objects of one material as a single object."""
    import bmesh

    first, work = objects[0], bmesh.new()
    for obj in objects:
        work.from_mesh(obj.data)
    work.to_mesh(first.data)
    work.free()
    for obj in objects[1:]:
        bpy.data.meshes.remove(obj.data)
    return first


def stitches(
    name: str, path: Sequence[Sequence[float]], material: bpy.types.Material, length: float = 0.005, radius: float = 0.0006
) -> bpy.types.Object:
    """A dashed seam along a path, as one object."""
    points = [Vector(p) for p in path]
    vertices: list[Vector] = []
    faces: list[Sequence[int]] = []
    for start, end in itertools.pairwise(points):
        count = max(1, round((end - start).length / (1.6 * length)))
        step = (end - start) / count
        along = step.normalized()
        side = along.cross(Vector((0.31, 0.87, 0.22))).normalized()
        up = along.cross(side)
        for i in range(count):
            middle, base = start + step * (i + 0.5), len(vertices)
            for k in (-0.5, 0.5):
                vertices += [middle + along * length * k + radius * (side * a + up * b) for a, b in circle(1, 6)]
            faces += [(base + j, base + (j + 1) % 6, base + 6 + (j + 1) % 6, base + 6 + j) for j in range(6)]
            faces += [range(base, base + 6), range(base + 6, base + 12)]
    return mesh_object(name, vertices, faces, material)


def patch(
    name: str, at: Callable[[float, float], Point], material: bpy.types.Material, columns: int = 24, rows: int = 12
) -> bpy.types.Object:
    """A surface with texture coordinates: `at(u, v)` says where the point of a picture lies (u to the right, v upwards)."""
    grid = [(i / columns, j / rows) for j in range(rows + 1) for i in range(columns + 1)]
    width = columns + 1
    faces = [
        (j * width + i, j * width + i + 1, (j + 1) * width + i + 1, (j + 1) * width + i)
        for j in range(rows)
        for i in range(columns)
    ]
    obj = mesh_object(name, [at(u, v) for u, v in grid], faces, material, 60, closed=False)
    layer = obj.data.uv_layers.new(name="UVMap")
    corners = np.array([grid[loop.vertex_index] for loop in obj.data.loops], np.float32)
    layer.data.foreach_set("uv", corners.ravel())
    return obj


def flat_label(name: str, width: float, height: float, centre: Point, material: bpy.types.Material) -> bpy.types.Object:
    """A picture in the x-z plane that faces -Y."""
    x, y, z = centre
    return patch(name, lambda u, v: (x + (u - 0.5) * width, y, z + (v - 0.5) * height), material, 1, 1)


def round_label(
    name: str,
    profile: Sequence[Point2],
    low: float,
    high: float,
    degrees: float,
    material: bpy.types.Material,
    squash: float = 1.0,
    lift: float = 0.0004,
) -> bpy.types.Object:
    """A picture around the front of a lathe body, between two heights."""
    sweep_angle = math.radians(degrees)

    def at(u: float, v: float) -> Point:
        z = low + (high - low) * v
        radius, angle = radius_at(profile, z) + lift, (u - 0.5) * sweep_angle
        return radius * math.sin(angle), -radius * squash * math.cos(angle), z

    return patch(name, at, material, max(6, int(degrees / 6)), 14)


# --- surfaces ---------------------------------------------------------------------------------------------------------------


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour."""
    r, g, b, _ = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def readable(ink: Sequence[float], paper: Sequence[float], ratio: float = 3.0) -> Colour:
    """The ink if it can be read on the paper, else black or white, whichever can."""
    low, high = sorted((luminance(ink), luminance(paper)))
    if (high + 0.05) / (low + 0.05) >= ratio:
        return tuple(ink[:3])
    return (0.06, 0.06, 0.07) if luminance(paper) > 0.2 else (0.97, 0.96, 0.94)


def textured(
    material: bpy.types.Material,
    kind: str,
    scale: float,
    bump: float = 0.0,
    depth: float = 0.001,
    tint: Sequence[float] | None = None,
    stretch: Point = (1, 1, 1),
    roughness: tuple[float, float] | None = None,
    contrast: tuple[float, float] = (0.3, 0.7),
) -> bpy.types.Material:
    """Lets a procedural texture ("noise", "cells", "weave" or "grain") drive bump, a second colour or roughness."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    place = nodes.new("ShaderNodeMapping")
    place.inputs["Scale"].default_value = stretch
    links.new(nodes.new("ShaderNodeTexCoord").outputs["Object"], place.inputs["Vector"])
    where = place.outputs["Vector"]
    if kind == "cells":
        texture = nodes.new("ShaderNodeTexVoronoi")
        value = texture.outputs["Distance"]
        texture.inputs["Scale"].default_value = scale
        links.new(where, texture.inputs["Vector"])
    elif kind == "weave":
        waves = []
        for direction in ("X", "Z"):
            wave = nodes.new("ShaderNodeTexWave")
            wave.bands_direction = direction
            wave.inputs["Scale"].default_value = scale
            wave.inputs["Distortion"].default_value = 1.5
            wave.inputs["Detail Scale"].default_value = 3
            links.new(where, wave.inputs["Vector"])
            waves.append(wave.outputs["Fac"])
        both = nodes.new("ShaderNodeMath")
        both.operation = "MULTIPLY"
        links.new(waves[0], both.inputs[0])
        links.new(waves[1], both.inputs[1])
        value = both.outputs[0]
    elif kind == "grain":
        texture = nodes.new("ShaderNodeTexWave")
        texture.wave_type, texture.bands_direction = "BANDS", "X"
        texture.inputs["Scale"].default_value = scale
        texture.inputs["Distortion"].default_value = 7
        texture.inputs["Detail"].default_value = 3
        texture.inputs["Detail Scale"].default_value = 1.4
        links.new(where, texture.inputs["Vector"])
        value = texture.outputs["Fac"]
    else:
        texture = nodes.new("ShaderNodeTexNoise")
        texture.inputs["Scale"].default_value = scale
        texture.inputs["Detail"].default_value = 4
        links.new(where, texture.inputs["Vector"])
        value = texture.outputs["Fac"]
    if bump:
        node = nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value = bump
        node.inputs["Distance"].default_value = depth
        links.new(value, node.inputs["Height"])
        links.new(node.outputs["Normal"], shader.inputs["Normal"])
    if tint is not None:
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = contrast
        ramp.color_ramp.elements[0].color = tuple(shader.inputs["Base Color"].default_value)
        ramp.color_ramp.elements[1].color = linear(tint)
        links.new(value, ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    if roughness is not None:
        span = nodes.new("ShaderNodeMapRange")
        span.inputs["To Min"].default_value, span.inputs["To Max"].default_value = roughness
        links.new(value, span.inputs["Value"])
        links.new(span.outputs["Result"], shader.inputs["Roughness"])
    return material


def picture(
    name: str, image: Image.Image, roughness: float = 0.45, emission: float = 0.0, coat: float = 0.0, metallic: float = 0.0
) -> bpy.types.Material:
    """A material that shows a Pillow image (with its alpha) on the texture coordinates of a label."""
    pixels = np.asarray(image.convert("RGBA"), np.float32)[::-1] / 255
    loaded = bpy.data.images.new(name, image.width, image.height, alpha=True)
    loaded.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    loaded.update()
    loaded.pack()
    material = principled(name, (1, 1, 1), roughness, metallic, coat_weight=coat)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader, texture = nodes["Principled BSDF"], nodes.new("ShaderNodeTexImage")
    texture.image, texture.extension = loaded, "EXTEND"
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    if emission:
        links.new(texture.outputs["Color"], shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = emission
    return material


# --- label artwork ----------------------------------------------------------------------------------------------------------


def rgb8(colour: Sequence[float], alpha: float = 1.0) -> tuple[int, int, int, int]:
    """A colour for Pillow."""
    r, g, b = (round(255 * min(max(c, 0), 1)) for c in colour[:3])
    return r, g, b, round(255 * alpha)


def lettering(
    text: str, width: float, height: float, ink: Sequence[float], weight: float = 0.0, slant: float = 0.0
) -> Image.Image:
    """Text as large as fits into width x height, on nothing; Pillow's own font, so that it looks alike everywhere."""
    probe, measure = ImageFont.load_default(100), ImageDraw.Draw(Image.new("L", (1, 1)))
    stroke = weight * 100
    left, top, right, bottom = measure.multiline_textbbox((0, 0), text or " ", font=probe, stroke_width=stroke, spacing=14)
    size = max(6.0, min(100 * width / max(right - left, 1), 100 * height / max(bottom - top, 1)))
    font, stroke = ImageFont.load_default(size), weight * size
    left, top, right, bottom = measure.multiline_textbbox(
        (0, 0), text or " ", font=font, stroke_width=stroke, spacing=0.14 * size
    )
    lean = math.ceil(abs(slant) * (bottom - top))
    image = Image.new("RGBA", (math.ceil(right - left) + lean + 2, math.ceil(bottom - top) + 2), rgb8(ink, 0))
    ImageDraw.Draw(image).text(
        (1 - left, 1 - top), text, font=font, fill=rgb8(ink), stroke_width=stroke, spacing=0.14 * size, align="center"
    )
    if slant:
        image = image.transform(
            image.size, Image.Transform.AFFINE, (1, slant, -slant * image.height, 0, 1, 0), Image.Resampling.BICUBIC
        )
    if image.width > width:
        image = image.resize((max(1, int(width)), max(1, int(image.height * width / image.width))))
    return image


def _wrapped(text: str, aspect: float) -> str:
    """Breaks a name into two lines if it is far longer than the room for it."""
    if len(text) < 1.9 * aspect + 3 or " " not in text:
        return text
    gaps = [i for i, c in enumerate(text) if c == " "]
    cut = min(gaps, key=lambda i: abs(i - len(text) / 2))
    return text[:cut] + "\n" + text[cut + 1 :]


def place_text(canvas: Image.Image, text: str, box_: Sequence[float], ink: Sequence[float], **style: float) -> None:
    """Writes centred text into a box given in fractions of the canvas: left, top, right, bottom."""
    left, top, right, bottom = (
        box_[0] * canvas.width,
        box_[1] * canvas.height,
        box_[2] * canvas.width,
        box_[3] * canvas.height,
    )
    written = lettering(_wrapped(text, (right - left) / (bottom - top)), right - left, bottom - top, ink, **style)
    canvas.alpha_composite(
        written, (max(0, int((left + right - written.width) / 2)), max(0, int((top + bottom - written.height) / 2)))
    )


def print_image(text: str, ink: Sequence[float], rng: random.Random, width: int = 256, height: int = 64) -> Image.Image:
    """Only a brand name, to be printed on a surface."""
    image = Image.new("RGBA", (width, height), rgb8(ink, 0))
    name = rng.choice((str.upper, str.title, str.lower))(text)
    place_text(
        image, name, (0.02, 0.08, 0.98, 0.92), ink, weight=rng.choice((0.0, 0.02, 0.035)), slant=rng.choice((0.0, 0.0, 0.2))
    )
    return image


def draw_pattern(image: Image.Image, rng: random.Random, ink: Sequence[float], alpha: float = 1.0) -> None:
    """Covers an image with stripes, dots, waves, rings, petals or triangles."""
    layer = Image.new("RGBA", image.size, rgb8(ink, 0))
    draw, (w, h), fill = ImageDraw.Draw(layer), image.size, rgb8(ink, alpha)
    step = min(w, h) / rng.uniform(4, 9)
    kind = rng.choice(("stripes", "diagonal", "dots", "waves", "rings", "petals", "triangles"))
    rows, columns = range(-1, int(h / step) + 2), range(-1, int(w / step) + 2)
    if kind == "stripes":
        for i in columns:
            draw.rectangle((i * step, 0, (i + 0.45) * step, h), fill)
    elif kind == "diagonal":
        for i in range(-int(h / step) - 2, int(w / step) + 2):
            draw.line((i * step, h + step, i * step + h + 2 * step, -step), fill, max(1, int(step * 0.3)))
    elif kind == "waves":
        for j in rows:
            line = [(x, (j + 0.3 * math.sin(2 * math.pi * x / step / 2)) * step) for x in range(0, w + 8, 4)]
            draw.line(line, fill, max(1, int(step * 0.16)), joint="curve")
    elif kind == "rings":
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        for i in range(1, int(1.5 * max(w, h) / step)):
            draw.ellipse((x - i * step, y - i * step, x + i * step, y + i * step), outline=fill, width=max(1, int(step * 0.25)))
    else:
        for j in rows:
            for i in columns:
                x, y, r = (i + 0.5 * (j % 2)) * step, j * step, step * 0.26
                if kind == "dots":
                    draw.ellipse((x - r, y - r, x + r, y + r), fill)
                elif kind == "triangles":
                    draw.polygon(((x - r, y + r), (x + r, y + r), (x, y - r)), fill)
                else:
                    for k in range(5):
                        a = 2 * math.pi * k / 5
                        px, py = x + r * math.cos(a), y + r * math.sin(a)
                        draw.ellipse((px - r * 0.6, py - r * 0.6, px + r * 0.6, py + r * 0.6), fill)
    image.alpha_composite(layer)


def label_image(
    brand: str,
    line: str,
    paper: Colour,
    accent: Colour,
    rng: random.Random,
    width: int = 384,
    height: int = 384,
    motif: str = "",
) -> Image.Image:
    """A printed label: brand, a smaller line, and artwork in one of several layouts; `motif` adds fruit, leaf or bowl."""
    image = Image.new("RGBA", (width, height), rgb8(paper))
    draw = ImageDraw.Draw(image)
    ink = readable(accent, paper)
    layout = rng.choice(("frame", "band", "half", "badge", "plain"))
    name = rng.choice((str.upper, str.title))(brand)
    style = {"weight": rng.choice((0.01, 0.03, 0.045)), "slant": rng.choice((0.0, 0.0, 0.2))}
    top = 0.10
    if layout == "frame":
        m, t = 0.04 * min(width, height), max(2, int(0.012 * min(width, height)))
        draw.rectangle((m, m, width - m, height - m), outline=rgb8(ink), width=t)
        draw.rectangle((1.7 * m, 1.7 * m, width - 1.7 * m, height - 1.7 * m), outline=rgb8(ink), width=max(1, t // 2))
        place_text(image, name, (0.14, top + 0.04, 0.86, top + 0.28), ink, **style)
    elif layout == "band":
        draw.rectangle((0, top * height, width, (top + 0.3) * height), rgb8(accent))
        place_text(image, name, (0.1, top + 0.05, 0.9, top + 0.25), readable(paper, accent), **style)
    elif layout == "half":
        upper = Image.new("RGBA", (width, int(0.46 * height)), rgb8(accent))
        draw_pattern(upper, rng, mix(accent, paper, 0.35))
        image.paste(upper, (0, 0))
        plate_ = (0.08 * width, 0.1 * height, 0.92 * width, 0.37 * height)
        draw.rounded_rectangle(plate_, 0.04 * height, rgb8(paper))
        place_text(image, name, (0.13, 0.14, 0.87, 0.33), ink, **style)
    elif layout == "badge":
        draw_pattern(image, rng, mix(paper, accent, 0.22))
        draw.rounded_rectangle((0.06 * width, 0.08 * height, 0.94 * width, 0.42 * height), 0.16 * height, rgb8(accent))
        place_text(image, name, (0.14, 0.14, 0.86, 0.36), readable(paper, accent), **style)
    else:
        place_text(image, name, (0.08, top, 0.92, top + 0.26), ink, **style)
        draw.rectangle((0.3 * width, 0.41 * height, 0.7 * width, 0.42 * height), rgb8(ink))
    place_text(image, line.upper(), (0.14, 0.46, 0.86, 0.55), readable(ink, paper))
    if motif:
        tall = height > 1.3 * width
        draw_motif(image, motif, (0.5, 0.77), 0.3 if tall else 0.19, rng, accent)
    else:
        place_text(
            image, rng.choice(("No. 5", "250 ml", "pure", "daily care", "original", "est. 1987")), (0.3, 0.82, 0.7, 0.9), ink
        )
    return image


def draw_motif(
    image: Image.Image, motif: str, centre: Point2, size: float, rng: random.Random, colour: Sequence[float]
) -> None:
    """A small drawing for a label, `size` being its radius as a fraction of the shorter side."""
    draw = ImageDraw.Draw(image)
    x, y, r = centre[0] * image.width, centre[1] * image.height, size * min(image.size)

    def disc(cx: float, cy: float, rx: float, ry: float, fill: Sequence[float]) -> None:
        draw.ellipse((x + (cx - rx) * r, y + (cy - ry) * r, x + (cx + rx) * r, y + (cy + ry) * r), rgb8(fill))

    def leaf(angle: float, length: float, fill: Sequence[float], cx: float = 0, cy: float = 0) -> None:
        c, s = math.cos(angle), math.sin(angle)
        sides = [(t, 0.28 * math.sin(math.pi * t)) for t in np.linspace(0, 1, 12)]
        sides += [(t, -w) for t, w in reversed(sides)]
        draw.polygon(
            [(x + r * (cx + length * (t * c - w * s)), y + r * (cy + length * (t * s + w * c))) for t, w in sides], rgb8(fill)
        )

    green = (0.27, 0.52, 0.24)
    if motif == "fruit":
        skin = rng.choice(((0.95, 0.55, 0.12), (0.86, 0.2, 0.22), (0.96, 0.8, 0.2), (0.55, 0.2, 0.45)))
        for cx, cy in ((-0.55, 0.15), (0.5, 0.05)):
            disc(cx, cy, 0.62, 0.62, skin)
            disc(cx - 0.18, cy - 0.2, 0.16, 0.12, mix(skin, (1, 1, 1), 0.5))
        disc(0.5, 0.05, 0.5, 0.5, mix(skin, (1, 1, 1), 0.55))
        for k in range(8):
            leaf(2 * math.pi * k / 8, 0.45, skin, 0.5, 0.05)
        leaf(-2.2, 0.8, green, -0.4, -0.4)
        leaf(-0.9, 0.7, mix(green, (1, 1, 1), 0.15), -0.4, -0.4)
    elif motif == "leaf":
        for k in range(5):
            leaf(-math.pi / 2 + (k - 2) * 0.5, 1.5 - 0.15 * abs(k - 2), mix(green, (1, 1, 1), 0.1 * abs(k - 2)), 0, 0.7)
    elif motif == "bowl":
        for _ in range(26):
            tone = mix((0.93, 0.72, 0.3), (0.72, 0.42, 0.15), rng.random())
            disc(rng.uniform(-0.8, 0.8), rng.uniform(-0.45, 0.05), 0.17, 0.13, tone)
        box_ = (x - 1.1 * r, y - 1.0 * r, x + 1.1 * r, y + 1.0 * r)
        draw.chord(box_, 0, 180, rgb8(mix(colour, (1, 1, 1), 0.75)))
        draw.rectangle((x - 1.1 * r, y - 0.04 * r, x + 1.1 * r, y + 0.1 * r), rgb8(mix(colour, (1, 1, 1), 0.55)))
    else:
        disc(0, 0, 0.8, 0.8, colour)
        disc(0, 0, 0.55, 0.55, mix(colour, (1, 1, 1), 0.6))


def rounded_mask(image: Image.Image, corner: float) -> Image.Image:
    """Cuts round corners, given as a fraction of the width."""
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, image.width - 1, image.height - 1), corner * image.width, 255)
    image.putalpha(mask)
    return image


# --- billboards -------------------------------------------------------------------------------------------------------------

# Drawings in percent of a square, y upwards: first the outline, as Catmull-Rom points, then details drawn on top of it: what,
# its tone (0 body, 1 accent, 2 dark, 3 light) and its points; for discs and holes centre and radii, for bands two corners.
_SILHOUETTES: dict[str, tuple[str, ...]] = {
    "shoe": (
        "2 18 5 36 3 60 14 66 26 60 40 62 55 46 72 38 92 33 99 22 96 14 50 13 8 13",
        "line 3 2 17 30 16.5 70 16.5 98 18",
        "line 1 20 50 40 30 66 28",
        "line 3 40 56 48 48",
        "line 3 46 52 54 44",
        "line 3 53 46 60 39",
        "line 2 4 58 14 62 26 57",
    ),
    "bag": (
        "12 4 6 40 14 62 28 63 32 85 50 96 68 85 72 63 86 62 94 40 88 4 50 2",
        "hole 0 50 75 13 14",
        "line 1 10 50 50 38 90 50",
        "disc 1 50 39 5 5",
        "line 3 16 10 50 8 84 10",
    ),
    "bottle": (
        "30 3 28 30 28 52 34 66 42 74 42 90 43 97 57 97 58 90 58 74 66 66 72 52 72 30 70 3 50 2",
        "band 3 29 20 71 46",
        "band 1 41 86 59 98",
    ),
    "bear": (
        "30 4 22 12 28 26 14 30 10 42 28 50 20 66 22 80 18 94 32 96 50 92 "
        "68 96 82 94 78 80 80 66 72 50 90 42 86 30 72 26 78 12 70 4 50 10",
        "disc 3 50 30 14 16",
        "disc 3 50 65 12 9",
        "disc 2 50 69 4 3",
        "disc 2 39 77 3 3.5",
        "disc 2 61 77 3 3.5",
        "disc 1 42 49 8 4",
        "disc 1 58 49 8 4",
    ),
    "duck": (
        "14 20 5 44 20 40 40 46 46 56 42 76 54 92 72 90 80 76 95 70 94 62 78 60 74 52 86 36 78 14 50 5 26 8",
        "disc 2 66 78 3 3.5",
        "disc 1 87 66 8 4",
        "line 2 30 34 42 22 56 24 62 34",
    ),
    "fish": (
        "3 30 12 50 3 72 20 66 32 58 50 74 62 86 66 72 86 62 98 50 86 36 62 28 52 16 46 30 32 42 20 36",
        "disc 3 84 55 5 5.5",
        "disc 2 85 55 2.5 3",
        "line 1 70 66 66 50 70 36",
    ),
    "cat": (
        "30 3 24 30 34 50 28 62 26 76 27 95 38 86 50 86 61 95 63 76 60 62 56 52 68 36 72 14 84 16 86 40 95 46 95 20 86 5 60 2",
        "disc 3 37 74 4 4.5",
        "disc 3 52 74 4 4.5",
        "disc 2 37 74 2 3.5",
        "disc 2 52 74 2 3.5",
        "disc 1 44.5 67 2.5 1.8",
        "line 1 33 56 44 54 55 56",
    ),
    "shirt": (
        "24 4 25 40 23 60 10 50 1 64 18 86 36 95 43 89 50 87 57 89 64 95 82 86 99 64 90 50 77 60 75 40 76 4 50 3",
        "line 1 37 94 43 86 50 84 57 86 63 94",
        "disc 1 50 52 14 14",
    ),
    "rocket": (
        "36 14 20 6 20 28 33 42 34 66 42 86 50 98 58 86 66 66 67 42 80 28 80 6 64 14 50 10",
        "disc 3 50 60 10 10",
        "disc 2 50 60 7 7",
        "line 1 36 78 50 76 64 78",
        "line 1 50 12 50 34",
    ),
    "plant": (
        "30 3 26 34 42 36 20 44 3 66 24 66 40 54 34 80 50 99 64 80 58 54 76 66 97 70 84 48 58 36 74 34 70 3 50 2",
        "band 1 20 0 80 35",
        "line 3 49 40 49 88",
        "line 3 48 40 16 60",
        "line 3 52 40 86 62",
    ),
    "mug": (
        "12 6 9 50 9 90 40 93 70 90 71 76 92 74 97 46 88 24 69 20 66 6 40 3",
        "hole 0 79 48 8 17",
        "line 3 10 86 40 83 70 86",
        "disc 1 38 45 15 17",
    ),
}


# What has room for a word; "" is any free form.
_LETTERED = ("", "bag", "bottle", "mug", "shirt")


def _pairs(text: str) -> list[Point2]:
    numbers = [float(number) / 100 for number in text.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _free_outline(rng: random.Random) -> list[Point2]:
    """A blob, star, flower, heart, gear or rough polygon on the unit square."""
    kind, angles = rng.choice(("blob", "star", "flower", "heart", "gear", "polygon")), np.linspace(0, 2 * math.pi, 361)[:-1]
    if kind == "heart":
        return [
            (
                0.5 + 0.03 * 16 * math.sin(a) ** 3,
                0.52 + 0.03 * (13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)),
            )
            for a in angles
        ]
    if kind == "blob":
        waves = [(k, rng.uniform(0, 0.3 / k), rng.uniform(0, 6.3)) for k in range(2, 8)]
        radius = [1 + sum(size * math.sin(k * a + shift) for k, size, shift in waves) for a in angles]
    elif kind == "flower":
        petals, depth = rng.randint(4, 9), rng.uniform(0.15, 0.4)
        radius = [1 + depth * math.cos(petals * a) for a in angles]
    elif kind == "gear":
        teeth = rng.randint(7, 14)
        radius = [1 + 0.16 * math.tanh(5 * math.sin(teeth * a)) for a in angles]
    else:
        count = rng.randint(5, 12)
        inner = rng.uniform(0.4, 0.7) if kind == "star" else 1.0
        jitter = 0.0 if kind == "star" else 0.3
        corners = np.arange(2 * count) * math.pi / count + rng.uniform(0, 6)
        sizes = [(inner if i % 2 else 1.0) * (1 + rng.uniform(-jitter, jitter)) for i in range(2 * count)]
        return [(0.5 + 0.46 * r * math.cos(a), 0.5 + 0.46 * r * math.sin(a)) for a, r in zip(corners, sizes, strict=True)]
    largest, squash = max(radius), rng.uniform(0.7, 1.0)
    return [
        (0.5 + 0.48 * r / largest * squash * math.cos(a), 0.5 + 0.48 * r / largest * math.sin(a))
        for r, a in zip(radius, angles, strict=True)
    ]


def cutout(brand: str, colour: Colour, accent: Colour, rng: random.Random, size: int = 512) -> Image.Image:
    """A flat thing of any outline, cropped to itself: a silhouette or a free form, patterned, shaded, perhaps with text."""
    big = 3 * size // 2
    aspect = rng.uniform(0.75, 1.25)
    palette = (colour, accent, rng.choice(((0.1, 0.09, 0.1), mix(colour, (0, 0, 0), 0.75))), (0.97, 0.95, 0.92))
    if rng.random() < 0.3:
        palette = (tuple(rng.random() for _ in range(3)), *palette[1:])
    named = rng.random() < 0.62
    thing = rng.choice(sorted(_SILHOUETTES)) if named else ""
    drawn, *details = _SILHOUETTES[thing] if named else ("",)
    outline = _pairs(drawn) if named else _free_outline(rng)
    flip, lean = named and rng.random() < 0.5, rng.uniform(-0.12, 0.12)

    def at(x: float, y: float) -> Point2:
        x = 1 - x if flip else x
        x = 0.5 + (x - 0.5) * 0.8 * min(aspect, 1.0) + lean * (y - 0.5) * 0.5
        return big * x, big * (1 - (0.05 + 0.9 * y * min(1.0, 1 / aspect)))

    curve = (
        spline([(x + rng.uniform(-0.012, 0.012), y + rng.uniform(-0.012, 0.012)) for x, y in outline], 8, True)
        if named
        else outline
    )
    mask = Image.new("L", (big, big), 0)
    cut = ImageDraw.Draw(mask)
    cut.polygon([at(*p) for p in curve], 255)
    if not named:
        # More pieces, some of them stuck on, make outlines that no single formula has.
        for _ in range(rng.choice((0, 0, 1, 2, 4))):
            x, y, r, q = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.08, 0.3), rng.uniform(0.05, 0.25)
            (left, low), (right, high) = at(x - r, y - q), at(x + r, y + q)
            bounds = (min(left, right), min(low, high), max(left, right), max(low, high))
            (cut.ellipse if rng.random() < 0.5 else cut.rectangle)(bounds, 255)
        if rng.random() < 0.3:
            x, y = at(rng.uniform(0.35, 0.65), rng.uniform(0.4, 0.65))
            r = big * rng.uniform(0.05, 0.12)
            cut.ellipse((x - r, y - r, x + r, y + r), 0)

    end = rng.choice((palette[1], mix(palette[0], (0, 0, 0), 0.35), palette[0], mix(palette[0], (1, 1, 1), 0.5)))
    ramp = np.linspace(palette[0], end, 64)
    ramp = ramp[:, None] if rng.random() < 0.5 else ramp[None]
    image = Image.fromarray((255 * ramp).astype(np.uint8)).resize((big, big), Image.Resampling.BILINEAR).convert("RGBA")
    if rng.random() < (0.45 if named else 0.75):
        draw_pattern(image, rng, rng.choice((palette[1], palette[3], palette[2])), rng.uniform(0.35, 0.95))
    draw = ImageDraw.Draw(image)
    for detail in details:
        kind, tone, rest = detail.split(maxsplit=2)
        spots = _pairs(rest)
        points = [at(*spot) for spot in spots]
        fill = rgb8(palette[int(tone)])
        if kind == "line":
            width = int(big * rng.uniform(0.014, 0.026))
            smooth = spline(points, 8)
            draw.line(smooth, fill, width, joint="curve")
            for x, y in (smooth[0], smooth[-1]):
                draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill)
        elif kind == "band":
            (x0, y0), (x1, y1) = points
            draw.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), fill)
        else:
            (x, y), (far_x, far_y) = points[0], at(spots[0][0] + spots[1][0], spots[0][1] + spots[1][1])
            rx, ry = abs(far_x - x), abs(far_y - y)
            if kind == "disc":
                draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill)
            else:
                cut.ellipse((x - rx, y - ry, x + rx, y + ry), 0)
    if thing in _LETTERED and rng.random() < 0.6:
        y = rng.uniform(0.25, 0.55)
        ink = readable(rng.choice(palette), palette[0])
        place_text(
            image, rng.choice((str.upper, str.title))(brand), (0.27, 1 - y - 0.07, 0.73, 1 - y + 0.07), ink, weight=0.035
        )
    image, mask = image.resize((size, size), Image.Resampling.LANCZOS), mask.resize((size, size), Image.Resampling.LANCZOS)

    pixels, alpha = np.asarray(image, np.float32)[..., :3] / 255, np.asarray(mask, np.float32) / 255
    style = rng.choice(("flat", "round", "round", "sticker"))
    if style == "round":
        # A blurred mask as a height field: its slope, seen by light from the upper left, makes the flat thing look solid.
        height = np.asarray(mask.filter(ImageFilter.GaussianBlur(size * rng.uniform(0.02, 0.06))), np.float32) / 255
        dy, dx = np.gradient(height)
        light = (dx + dy) * size * rng.uniform(0.025, 0.05)
        pixels = pixels * (1 + light.clip(-0.55, 0.25)[..., None]) + (light.clip(0, 0.6) * 0.35)[..., None]
        pixels += (np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(0, 0.03), alpha.shape))[..., None]
    elif style == "sticker":
        inner = (
            np.asarray(mask.filter(ImageFilter.MinFilter(13)).filter(ImageFilter.GaussianBlur(1)), np.float32)[..., None] / 255
        )
        pixels = pixels * inner + (1 - inner) * np.array(rng.choice(palette[2:]), np.float32)
    result = np.dstack([pixels.clip(0, 1), alpha])
    done = Image.fromarray((255 * result).round().astype(np.uint8), "RGBA")
    return done.crop(done.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox())
