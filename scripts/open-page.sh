#!/usr/bin/env bash
# Prints where the built page is, and opens it if there is a display.
set -euo pipefail
page="$(cd "$(dirname "$0")/.." && pwd)/www/index.html"

echo "The page: file://$page"
if [ "$(uname)" = Darwin ]; then
  open "$page"
elif [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
  xdg-open "$page"
fi
