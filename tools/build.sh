# Shell functions shared by ./edgebert and ./check; all they say goes to stderr.

say() { printf '%s\n' "$*" >&2; }

# install_packages FILE...: installs the Debian packages listed in the files that are not there yet.
# Without root it prints the line to run instead, and fails.
install_packages() {
  local -a wanted missing=()
  local installed package sudo=
  mapfile -t wanted < <(grep -hEv '^(#|$)' "$@")
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
  for package in "${wanted[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    say "These packages are needed, and this is no Debian system to install them on: ${missing[*]}"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo="sudo "
    say "Debian packages are missing. As root, run this line, then try again:"
    say "    ${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${missing[*]}"
    return 1
  fi
  say "Installing Debian packages: ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >&2
}

# configure ROOT PRESET [CMAKE_ARGUMENT...]: starts afresh where the checkout has been moved.
configure() {
  local root=$1 preset=$2
  shift 2
  drop_foreign_build "$root" "$preset"
  (cd "$root" && cmake --preset "$preset" "$@" >build/"$preset"-configure.log 2>&1) || {
    cat "$root/build/$preset-configure.log" >&2
    say "Configuring failed: see above."
    return 1
  }
}

# drop_foreign_build ROOT PRESET: removes a build that belongs to a checkout at another place.
drop_foreign_build() {
  local root=$1 preset=$2
  local cache=$root/build/$preset/CMakeCache.txt
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    say "build/$preset was made for another folder; building it anew."
    rm -rf "${root:?}/build/$preset"
  fi
}

# build ROOT PRESET [TARGET...]: silent when there is nothing to do.
build() {
  local root=$1 preset=$2
  shift 2
  ninja -C "$root/build/$preset" "$@" 2>&1 |
    sed -u '/^ninja: Entering directory/d; /no work to do/d; /Re-checking globbed/d' >&2
}

# with_lock ROOT COMMAND...: one build at a time in a checkout.
with_lock() {
  local root=$1
  shift
  mkdir -p "$root/build"
  (
    flock -n 9 || {
      say "Waiting for another build in this checkout ..."
      flock 9
    }
    "$@"
  ) 9>"$root/build/.lock"
}
