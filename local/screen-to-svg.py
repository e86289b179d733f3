"""Reads a terminal's screen, with its escape sequences, from standard input and writes it as SVG: text, that can be selected.

Usage: screen-to-svg.py COLUMNS TITLE
"""
import io
import re
import sys
from html import escape

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

# As rich's own, with the fonts that are there instead of one from the network. Each piece of text says how wide it is. The picture
# brings its background with it, so that it reads on light and on dark pages.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" xml:space="preserve" role="img">
<title>TITLE</title>
<!-- Made by running it: npm run demo:record -->
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

columns, title = sys.argv[1:]
console = Console(record=True, width=int(columns), file=io.StringIO(), force_terminal=True, color_system='truecolor')
console.print(Text.from_ansi(sys.stdin.read()), no_wrap=True, overflow='ignore', crop=True)
svg = console.export_svg(title=title, theme=SVG_EXPORT_THEME, code_format=FORMAT.replace('TITLE', escape(title)))
# A line of the demo that is copied from the picture can be pasted: its spaces are spaces. rich draws the ends of lines as well.
svg = re.sub(r'<text[^>]*>\s*</text>', '', svg.replace('&#160;', ' '))
print('\n'.join(line for line in svg.splitlines() if line.strip()))
