"""The few lines of style that Streamlit's theme does not cover, and the wordmark."""

# Colours come from the theme's own variables wherever possible, so that light and dark need no second rule.
STYLE = """<style>
.stMainBlockContainer { max-width: 78rem; padding-top: 3.25rem; padding-bottom: 6rem; }
.stSidebar .stPageLink a { padding-block: .3rem; border-radius: .5rem; }
.tl-mark { display: flex; align-items: center; gap: .65rem; margin: -.5rem 0 .25rem; font-weight: 600; font-size: 1.05rem; line-height: 1.2; }
.tl-mark svg { flex: none; width: 34px; height: 34px; }
.tl-section { margin: .6rem 0 -.5rem .55rem; font-size: .8rem; opacity: .78; }
.tl-engine { display: flex; gap: .55rem; align-items: baseline; margin: 1rem 0 -.25rem .55rem; font-size: .875rem; line-height: 1.35; }
.tl-engine i { flex: none; width: .55rem; height: .55rem; border-radius: 50%; background: #8A9099; }
.tl-ready i { background: #2E9B63; }
.tl-failed i { background: #C0392B; border-radius: 1px; }
.tl-warming i { background: #C98A1B; animation: tl-breathe 1.6s ease-in-out infinite; }
@keyframes tl-breathe { 50% { opacity: .3; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media (max-width: 640px) { .stMainBlockContainer { padding: 3rem 1rem 4rem; } }
</style>"""

WORDMARK = """<div class="tl-mark">
<svg viewBox="0 0 34 34" aria-hidden="true">
<rect x="1" y="5" width="7" height="24" rx="2" fill="#1F6FA8"/><rect x="10" y="5" width="7" height="24" rx="2" fill="#4C93C6"/>
<rect x="19" y="5" width="7" height="24" rx="2" fill="#DC7A45"/><rect x="28" y="11" width="5" height="12" rx="2" fill="#B8481A"/>
</svg><span>Transfer<br>Learning Lab</span></div>"""
