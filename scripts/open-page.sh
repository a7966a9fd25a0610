#!/usr/bin/env bash
# Opens the built page, or says where it is when there is no screen.
set -euo pipefail
page="$(cd "$(dirname "$0")/.." && pwd)/www/index.html"

if [ "$(uname)" = Darwin ]; then
  open "$page"
elif [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
  xdg-open "$page"
fi
echo "The page: file://$page"
