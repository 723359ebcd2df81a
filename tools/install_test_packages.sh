#!/bin/sh
# Installs the system packages that the tests need (Debian, as root), or says which are missing.
set -eu
packages=""
needs() { # command package…
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || { shift; packages="$packages $*"; }
}
needs chromium chromium
needs Orthanc orthanc orthanc-dicomweb
needs storescu dcmtk
needs slapd slapd ldap-utils
needs node nodejs npm
needs nft nftables
needs ip iproute2
needs pdfsig poppler-utils
[ -d /usr/share/fonts/opentype/noto ] || packages="$packages fonts-noto-cjk"
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "setting up: system packages$packages" >&2
  # A package's own service must not start here: the tests start what they need by themselves.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get -qq -o DPkg::Lock::Timeout=400 update
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=400 install -y \
    --no-install-recommends $packages >/dev/null
else
  echo "the tests need:$packages — install them as root: apt-get install$packages" >&2
  exit 4
fi
