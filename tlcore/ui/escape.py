"""Escape that closes a list, or leaves a field, stops no run: the keys of the transport hear of it only where nothing else wanted it."""

from __future__ import annotations

SCRIPT = """
// The page's shortcuts listen at the document. Everything that an Escape may close hears of it before, on its way through the body.
const OPEN = '[role="listbox"], [role="menu"], [role="dialog"], [data-baseweb="popover"], [aria-expanded="true"][role="combobox"]'
if (!window.tlcoreEscape) {
  window.tlcoreEscape = true
  let wanted = false
  window.addEventListener("keydown", (event) => {
    wanted = event.key === "Escape" && Boolean(event.target.closest?.("input, textarea") || document.querySelector(OPEN))
  }, true)
  document.body.addEventListener("keydown", (event) => wanted && event.stopPropagation())
}
"""
