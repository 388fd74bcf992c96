#!/usr/bin/env bash
# Brings the real servers and clients of `npm run test:real` onto a machine, by name. Slow builds are cached outside the tree
# (KEYWRIGHT_REAL_CACHE, else the user's cache folder). Safe to run again.
set -euo pipefail
cache="${KEYWRIGHT_REAL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/keywright-real}"
mkdir -p "$cache"
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"

need=""
have() { command -v "$1" >/dev/null 2>&1; }
have radosgw || need="$need radosgw ceph-mon ceph-osd ceph-common"
have uuidgen || need="$need uuid-runtime"
have skopeo || need="$need skopeo"
have gnome-keyring-daemon || need="$need gnome-keyring"
have dbus-run-session || need="$need dbus"
have chromium || need="$need chromium"
if [ -n "$need" ]; then
  $sudo apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $need >/dev/null
fi

# kubectl. Debian's is too old for client.authentication.k8s.io/v1, so it is built from the published module, once.
kubernetes=1.36.3
if [ ! -x "$cache/bin/kubectl" ]; then
  mkdir -p "$cache/bin"
  (
    cd "$(dirname "$0")/kube-build"
    stamp="-X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $stamp" -o "$cache/bin/kubectl.new" k8s.io/kubernetes/cmd/kubectl
  )
  mv "$cache/bin/kubectl.new" "$cache/bin/kubectl"
fi

# AWS CLI and boto3, in a virtual environment of their own.
if [ ! -x "$cache/aws/bin/aws" ]; then
  python3 -m venv "$cache/aws"
  "$cache/aws/bin/pip" install --quiet --disable-pip-version-check awscli==1.46.2 boto3==1.44.2
fi
# LocalEmu. One of its dependencies needs Python 3.13, whatever its metadata says.
if [ ! -x "$cache/localemu/bin/localemu" ]; then
  python=""
  for one in "$(command -v python3.13 || true)" "$HOME"/.pyenv/versions/3.13*/bin/python3.13; do
    if [ -n "$one" ] && "$one" --version 2>/dev/null | grep -q "3\.1[3-9]"; then python="$one"; fi
  done
  if [ -z "$python" ]; then
    echo "LocalEmu needs Python 3.13 (python3.13 on the PATH)" >&2
    exit 1
  fi
  rm -rf "$cache/localemu"
  "$python" -m venv "$cache/localemu"
  "$cache/localemu/bin/pip" install --quiet --disable-pip-version-check localemu==1.3.2
fi
# A registry of our own, for what is published. A tag that one of its dependencies wants is not on every mirror.
if [ ! -x "$cache/verdaccio/node_modules/.bin/verdaccio" ]; then
  mkdir -p "$cache/verdaccio"
  echo '{ "private": true, "dependencies": { "verdaccio": "6.10.4" }, "overrides": { "node-fetch": "2.7.0" } }' >"$cache/verdaccio/package.json"
  npm install --silent --no-audit --no-fund --prefix "$cache/verdaccio"
fi
have ip || { $sudo apt-get update -qq; DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends iproute2 >/dev/null; }
echo "ready: $cache"
