#!/bin/sh
# Installs the system packages that the browser tests need (Debian, as root), or says which.
set -eu
packages=""
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
[ -d /usr/share/fonts/opentype/noto ] || packages="$packages fonts-noto-cjk"
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "setting up: system packages$packages" >&2
  apt-get -qq -o DPkg::Lock::Timeout=400 update
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=400 install -y \
    --no-install-recommends $packages >/dev/null
else
  echo "the browser tests need:$packages — install them as root: apt-get install$packages" >&2
  exit 4
fi
