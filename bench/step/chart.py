"""The benchmarks' charts as plain SVG, readable on light and on dark pages."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#3b6fd4", "#c2543a", "#3f9a6b", "#8a63c9", "#b58a1e"]
STYLE = ("<style>text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:15px}"
         ".axis{stroke:#999;stroke-width:1}.grid{stroke:#9995;stroke-width:1}"
         "@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>")


def svg(width, height, parts, label):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-label="{escape(label)}">{STYLE}{"".join(parts)}</svg>\n')


def bar_chart(title, groups, unit):
    """groups: [(heading, [(name, value)])], horizontal bars, one scale a group."""
    width, left, right = 760, 150, 120
    parts, y = [f'<text class="title" x="12" y="24">{escape(title)}</text>'], 44
    for heading, bars in groups:
        y += 18
        parts.append(f'<text x="12" y="{y}">{escape(heading)}</text>')
        y += 8
        most = max(value for _, value in bars)
        for i, (name, value) in enumerate(bars):
            length = (width - left - right) * value / most
            parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
                         f'<rect x="{left}" y="{y}" width="{length:.1f}" height="18" rx="2" '
                         f'fill="{COLOURS[0] if i == 0 else "#9aa4b2"}"/>'
                         f'<text x="{left + length + 6:.1f}" y="{y + 14}">{value:,.1f} {unit}</text>')
            y += 23
        y += 6
    return svg(width, y + 8, parts, title)


def line_chart(title, x_label, y_label, series, line=None):
    """series: {name: [(x, y)]} on two logarithmic axes; line (constant, slope): y = constant + slope x."""
    width, height, left, top, bottom, right = 760, 420, 64, 44, 48, 150
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    x0, x1 = math.log10(min(xs)) - 0.1, math.log10(max(xs)) + 0.1
    y0, y1 = math.log10(min(ys)) - 0.15, math.log10(max(ys)) + 0.15

    def px(x):
        return left + (math.log10(x) - x0) / (x1 - x0) * (width - left - right)

    def py(y):
        return height - bottom - (math.log10(y) - y0) / (y1 - y0) * (height - top - bottom)

    parts = [f'<text class="title" x="12" y="24">{escape(title)}</text>']
    for power in range(math.floor(x0), math.ceil(x1) + 1):
        for digit in (1, 3):
            value = digit * 10.0 ** power
            if x0 <= math.log10(value) <= x1:
                parts.append(f'<line class="grid" x1="{px(value):.1f}" x2="{px(value):.1f}" y1="{top}" y2="{height - bottom}"/>'
                             f'<text x="{px(value):.1f}" y="{height - bottom + 18}" text-anchor="middle">{value:g}</text>')
    for power in range(math.floor(y0), math.ceil(y1) + 1):
        for digit in (1, 3):
            value = digit * 10.0 ** power
            if y0 <= math.log10(value) <= y1:
                parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{py(value):.1f}" y2="{py(value):.1f}"/>'
                             f'<text x="{left - 6}" y="{py(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">{escape(x_label)}</text>'
                 f'<text x="14" y="{top - 6}">{escape(y_label)}</text>')
    if line:
        constant, slope = line
        steps = [10 ** (x0 + (x1 - x0) * i / 60) for i in range(61)]
        path = " ".join(f"{px(x):.1f},{py(constant + slope * x):.1f}" for x in steps if constant + slope * x > 0)
        parts.append(f'<polyline points="{path}" fill="none" stroke="#999" stroke-dasharray="5 4"/>'
                     f'<text x="{width - right + 10}" y="{top + 12}">{constant:.2f} ms +</text>'
                     f'<text x="{width - right + 10}" y="{top + 28}">{slope:.2f} ms / GFLOP</text>')
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="4" fill="{colour}"/>' for x, y in points]
        parts.append(f'<rect x="{width - right + 10}" y="{top + 48 + 22 * i}" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{width - right + 28}" y="{top + 59 + 22 * i}">{escape(name)}</text>')
    return svg(width, height, parts, title)
