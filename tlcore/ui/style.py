"""The few lines of style that Streamlit's theme does not cover, and the wordmark."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from tlcore.charts.colours import PALETTES

RULES = """
.stMainBlockContainer { max-width: 76rem; padding: 3.25rem 3.5rem 6rem; }
.stMain .stPageLink a { background: none; }
.stMain .stPageLink a:hover { background: var(--tl-panel); }
.stMain .stPageLink a p { font-weight: 400; }
.stSidebar .stPageLink a { padding-block: .3rem; border-radius: .5rem; }
.stMain button[kind="primary"]:not(:disabled) { color: var(--tl-paper); }
.stMultiSelect [data-tag] { background: color-mix(in srgb, var(--tl-accent) 18%, transparent); }
.stMultiSelect [data-tag], .stMultiSelect [data-tag] button { color: var(--tl-ink); }
.stMain .stElementContainer:has([data-testid="stCaptionContainer"]) { margin-top: -.65rem; }
.stMain [data-testid="stCaptionContainer"] { opacity: 1; }
.stMain [data-testid="stCaptionContainer"] p { color: var(--tl-soft); line-height: 1.4; }
.stMain [data-testid="stLayoutWrapper"]:has(> :is(.st-key-runs-actions, .st-key-studies-actions)) {
  position: sticky; top: 0; z-index: 5; padding-block: .5rem; background: var(--tl-paper); }
.stApp:has([data-testid="stExpandSidebarButton"]) [data-testid="stLayoutWrapper"]:has(> :is(.st-key-runs-actions, .st-key-studies-actions)) {
  top: 3.75rem; }
.stMain .stSelectbox input { text-overflow: ellipsis; padding-right: .1rem; }
[data-testid="stSkillsNudge"] { display: none; }
.st-key-study-more button p { white-space: normal; overflow: visible; }
.st-key-verdict { min-height: 20.5rem; }
.st-key-study-line { min-height: 2.5rem; }
.st-key-transport { scroll-margin-top: 7rem; container-type: inline-size; }
@container (max-width: 680px) { .st-key-transport [data-has-shortcut="true"] > :last-child { display: none; }
  .st-key-transport button { padding-inline: .6rem; } }
.st-key-transport button { min-height: 2.75rem; }
.st-key-transport button[kind="primary"] { min-width: 6.5rem; }
.st-key-blocks { flex-wrap: wrap; }
.st-key-blocks .stElementContainer { min-width: 6.2rem; flex: 1 1 6.2rem; }
.st-key-blocks button { min-height: 3.4rem; line-height: 1.15; padding-inline: .25rem; }
.st-key-blocks button p { font-size: .8125rem; }
.st-key-blocks button:disabled { opacity: 1; cursor: default; }
.stMain:focus, .stMain:focus-visible { outline: none; }
.tl-numbers { display: flex; flex-wrap: wrap; gap: .5rem 1.35rem; }
.tl-numbers span { display: block; font-size: .875rem; }
.tl-numbers b { font-weight: 400; font-size: 1.5rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
.stMarkdown p:has(> span[style*="0.875rem"]:only-child) { line-height: 1.4; color: var(--tl-soft); }
.stMarkdown table { display: block; overflow-x: auto; border: 0; }
.stMarkdown th, .stMarkdown td { border-width: 0 0 1px; padding: .45rem 1.5rem .45rem 0; }
.stMarkdown th { font-weight: 500; font-size: .875rem; color: var(--tl-soft); white-space: nowrap; }
.stMarkdown td[style*="right"] { white-space: nowrap; }
.stMarkdown th:first-child, .stMarkdown td:first-child { min-width: 8.5rem; }
.stMarkdown tbody tr:last-child td { border-bottom: 0; }
.tl-mark { display: flex; align-items: center; gap: .65rem; margin: -.5rem 0 .25rem; font-weight: 600; font-size: 1.05rem; line-height: 1.2; }
.tl-mark img { flex: none; width: 34px; height: 34px; }
.tl-legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .8125rem; color: var(--tl-soft); }
.tl-legend span { display: inline-flex; align-items: center; gap: .4rem; white-space: nowrap; } .tl-legend img { flex: none; }
.tl-section { margin: .6rem 0 -.5rem .55rem; font-size: .8rem; color: var(--tl-soft); }
.tl-engine { display: flex; gap: .55rem; align-items: baseline; margin: .75rem 0 0 .55rem; font-size: .875rem; line-height: 1.35; }
.tl-engine i { flex: none; width: .55rem; height: .55rem; border-radius: 50%; background: var(--tl-chance); }
.tl-ready i { background: var(--tl-helps); }
.tl-failed i { background: var(--tl-harms); border-radius: 1px; }
.tl-warming i { background: var(--tl-ember); animation: tl-breathe 1.6s ease-in-out infinite; }
.st-key-storage button { justify-content: flex-start; padding-inline: .55rem; color: var(--tl-soft); font-size: .875rem; }
.st-key-first-row .stColumn:not(:last-child) { position: relative; }
.st-key-first-row .stColumn:not(:last-child)::after { content: "\\2192"; position: absolute; right: -2.55rem; top: calc(50% - .5rem);
  font-size: 1.4rem; color: var(--tl-soft); }
@keyframes tl-breathe { 50% { opacity: .3; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media (max-width: 1400px) { .stMainBlockContainer { padding-inline: 2.25rem; } }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3rem 1rem 4rem; }
  .stMain h1 { font-size: 1.65rem; }
  .stMain .stHorizontalBlock { row-gap: 1rem; }
  .stMain .st-key-first-row .stHorizontalBlock { row-gap: 3rem; }
  .st-key-first-row .stColumn:not(:last-child)::after { content: "\\2193"; right: auto; left: 50%; top: auto; bottom: -2.35rem; }
}
"""
NAMES = ("ice", "ember", "soft", "chance", "helps", "harms", "line", "panel", "paper", "ink", "accent")


@cache
def style(theme: str) -> str:
    """The rules with the colours of a theme, as one style element."""
    palette = PALETTES[theme]
    colours = " ".join(f"--tl-{name}: {getattr(palette, name)};" for name in NAMES)
    return f"<style>:root {{ {colours} }}\n{RULES}</style>"


@cache
def wordmark(theme: str) -> str:
    """The name with its sign: frozen blocks, a trainable one, a small head."""
    palette = PALETTES[theme]
    blocks = (
        (1, 5, 24, palette.ice, 1.0),
        (10, 5, 24, palette.ice, 0.72),
        (19, 5, 24, palette.ember, 0.72),
        (28, 11, 12, palette.ember, 1.0),
    )
    drawn = "".join(
        f'<rect x="{x}" y="{y}" width="{5 if x == 28 else 7}" height="{height}" rx="2" fill="{fill}" opacity="{opacity}"/>'
        for x, y, height, fill, opacity in blocks
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 34">{drawn}</svg>'
    return f'<div class="tl-mark"><img src="data:image/svg+xml,{quote(svg)}" alt=""><span>Transfer<br>Learning Lab</span></div>'
