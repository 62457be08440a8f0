#!/usr/bin/env bash
# Installs the Debian packages that the service suites use, and leaves no daemon running.
set -euo pipefail
packages=(mosquitto influxdb victoria-metrics chromium fonts-noto-cjk python3-pymodbus openssl)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there: ${packages[*]}"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "not Debian: install ${missing[*]} by the means of this system" >&2
  exit 1
fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "run as root: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
  sudo=sudo
fi
# Without this file's answer Debian would start mosquitto, influxdb and victoria-metrics at once on their well-known ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
  $sudo chmod 755 "$policy"
  trap '$sudo rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
