# shellcheck shell=bash disable=SC2016 # backticks are Markdown
# Gets the released binary of the action's own commit, and verifies it. `run.sh` sources this file.
#
# The commit of a release has three files in `dist`: VERSION, SHA256SUMS and SIZES. They fix what may run; the server and the tool
# cache only deliver it. Nothing that differs from them is run. Works with the bash 3.2 of macOS, and needs curl.

ATTEMPTS=3
MAX_REDIRECTS=5
# Seconds in which nothing arrives before an attempt is given up.
STALLED=30

# text VALUE prints a foreign value: on one line, without control characters and the runner's old commands, cut at 300 characters.
text() {
  printf '%s' "$1" | LC_ALL=C tr '[:cntrl:]' '?' | sed 's/##\[/# #[/g' | cut -c 1-300
}

# annotate LEVEL TITLE MESSAGE
annotate() {
  printf '::%s title=%s::%s\n' "$1" "$2" "$(printf '%s' "$3" | LC_ALL=C tr '[:cntrl:]' '?' | sed 's/%/%25/g')"
}

# A signal ends the script at once, with what it started: nothing begins after a cancellation. bash runs a trap only between commands
# and during `wait`, so everything that takes long is waited for.
children=()
stop() {
  trap '' INT TERM
  for child in ${children[@]+"${children[@]}"}; do kill "$child" 2>/dev/null || true; done
  annotate error 'Cancelled' 'The job was cancelled before provisioner started.'
  exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

# pause SECONDS
pause() {
  sleep "$1" &
  children=("$!")
  wait "$!" || true
  children=()
}

# refuse TITLE MESSAGE [EXIT CODE]
refuse() {
  annotate error "$1" "$2"
  exit "${3:-2}"
}

sha256() {
  local line
  if command -v sha256sum >/dev/null; then line=$(sha256sum <"$1"); else line=$(shasum -a 256 <"$1"); fi
  printf '%s' "${line%% *}"
}

bytes() {
  wc -c <"$1" | tr -d ' '
}

matches() {
  printf '%s' "$2" | LC_ALL=C grep -qxE "$1" && [ "$(printf '%s' "$2" | wc -l)" -eq 0 ]
}

# column FILE NAME prints the first column of the one line that has NAME in its second column.
column() {
  awk -v name="$2" '$2 == name { print $1 }' "$1"
}

FROM_SOURCE='build this commit with `build/action.yml` in a job without id-token, and pass `binary` and `binary-sha256`'

# get_release DIST sets `binary`. Reads DIST into `version`, `name`, `size` and `sum`.
get_release() {
  local dist=$1 target timeout
  if [ ! -f "$dist/SHA256SUMS" ]; then
    refuse 'No release' "This commit of the action is not a release: it has no dist/SHA256SUMS. Pin the commit of a release, or $FROM_SOURCE."
  fi
  case ${RUNNER_OS:-unknown}-${RUNNER_ARCH:-unknown} in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    *) target='' ;;
  esac
  name=provisioner-$target
  version=$(cat "$dist/VERSION" 2>/dev/null || true)
  matches '[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?' "$version" ||
    refuse 'No release' "dist/VERSION is not a version: \"$(text "$version")\". Pin the commit of another release, and report it to the action's maintainers."
  sum=$(column "$dist/SHA256SUMS" "$name")
  if [ -z "$sum" ]; then
    refuse 'No release' "Release $version has no binary for ${RUNNER_OS:-unknown} ${RUNNER_ARCH:-unknown}. It has $(
      awk '$2 ~ /^provisioner-/ { printf "%s%s", separator, $2; separator = ", " }' "$dist/SHA256SUMS"
    ). Run the job on one of these platforms, or $FROM_SOURCE."
  fi
  matches '[0-9a-f]{64}' "$sum" ||
    refuse 'No release' "dist/SHA256SUMS has no single SHA-256 for $name. Pin the commit of another release, and report it to the action's maintainers."
  size=$(column "$dist/SIZES" "$name" 2>/dev/null || true)
  matches '[1-9][0-9]{0,9}' "$size" ||
    refuse 'No release' "dist/SIZES has no single size for $name. Pin the commit of another release, and report it to the action's maintainers."
  timeout=${PROVISIONER_DOWNLOAD_TIMEOUT:-300}
  matches '[1-9][0-9]{0,3}' "$timeout" ||
    refuse 'Download refused' "The input \`download-timeout\` must be a number of seconds from 1 to 9999: $(text "$timeout")."

  # Verified and run here, in the job's own folder: another job on the same machine can still change a file of the cache.
  folder=$(mktemp -d "$RUNNER_TEMP/release.XXXXXX" 2>/dev/null) ||
    refuse 'Job folder' "No folder can be created in $(text "$RUNNER_TEMP"). Free space there, and let the job's user write to it."
  binary=$folder/provisioner
  find_cache "$target"
  if read_cache; then
    printf 'provisioner %s, SHA-256 %s, from the tool cache\n' "$version" "$sum"
    return
  fi
  download "$timeout"
  write_cache
}

# verify FILE succeeds only for the released file. Otherwise it prints what differs.
verify() {
  local found
  found=$(bytes "$1")
  if [ "$found" = "$size" ]; then
    found=$(sha256 "$1")
    if [ "$found" = "$sum" ]; then return 0; fi
    printf 'expected SHA-256 %s, found %s' "$sum" "$found"
  elif [ "$found" -gt "$size" ]; then
    printf 'expected %s bytes, found more' "$size"
  else
    printf 'expected %s bytes, found %s' "$size" "$found"
  fi
  return 1
}

# find_cache TARGET sets `cache` to the folder of this release in the tool cache; empty if there is none to use.
find_cache() {
  local below root=${RUNNER_TOOL_CACHE:-}
  cache=''
  case $root in /*) ;; *) return 0 ;; esac
  for below in provisioner "provisioner/$version" "provisioner/$version/$1"; do
    if [ -L "$root/$below" ]; then
      annotate warning 'Tool cache' "The tool cache is not used: $root/$below is a symbolic link. Find out who wrote it, and delete it."
      return 0
    fi
  done
  cache=$root/provisioner/$version/$1
}

# read_cache copies the cached file to `binary`. Fails if there is none, or discards it if it is not the released one: the release
# is then downloaded, since the sum decides either way and a full stop would let one bad file block every job on the machine.
read_cache() {
  local wrong
  [ -n "$cache" ] || return 1
  if [ ! -e "$cache/provisioner" ] && [ ! -L "$cache/provisioner" ]; then return 1; fi
  if [ -L "$cache/provisioner" ]; then
    wrong='it is a symbolic link'
  elif [ ! -f "$cache/provisioner" ]; then
    wrong='it is not a file'
  elif [ ! -r "$cache/provisioner" ] || ! head -c "$((size + 1))" <"$cache/provisioner" >"$binary" 2>/dev/null; then
    # Says nothing about the file, so it stays.
    rm -f -- "$binary"
    cache=''
    printf 'The cached binary cannot be read or copied; the release is downloaded\n'
    return 1
  elif wrong=$(verify "$binary"); then
    return 0
  fi
  local deleted='It was deleted.'
  rm -f -- "$binary"
  rm -rf -- "$cache/provisioner" 2>/dev/null || { cache='' deleted='It cannot be deleted.'; }
  annotate warning 'Tool cache' "The cached binary is not the released one, and was not run: $wrong. $deleted The release is downloaded again. Find out who can write to $(text "$RUNNER_TOOL_CACHE")."
  return 1
}

# write_cache keeps the verified file for the next job. A cache that takes no file is no failure.
write_cache() {
  local new
  [ -n "$cache" ] || return 0
  if mkdir -p -- "$cache" 2>/dev/null && new=$(mktemp "$cache/new.XXXXXX" 2>/dev/null); then
    if cp -- "$binary" "$new" && chmod 755 "$new" && [ ! -d "$cache/provisioner" ] && mv -f -- "$new" "$cache/provisioner"; then return 0; fi
    rm -f -- "$new"
  fi
  printf 'The tool cache takes no file: %s\n' "$(text "$RUNNER_TOOL_CACHE")"
}

is_loopback() {
  matches 'http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/.*)?' "$1"
}

# No user name or password: they would be in the log.
is_https() {
  matches 'https://[^/?#@]+(/.*)?' "$1"
}

# shown ADDRESS leaves out the query, which holds the signature of a redirect. An address with an `@` may hold a password anywhere.
shown() {
  case $1 in
    *@*) printf '(an address with an @, which is not shown)' ;;
    *) text "${1%%\?*}" ;;
  esac
}

# The repository of this action. Inside a composite action GitHub leaves `GITHUB_ACTION_REPOSITORY` empty; the path always has it.
action_repository() {
  local rest
  case ${GITHUB_ACTION_PATH:-} in
    */_actions/*/*/*)
      rest=${GITHUB_ACTION_PATH##*/_actions/}
      printf '%s/%s' "${rest%%/*}" "$(rest=${rest#*/} && printf '%s' "${rest%%/*}")"
      ;;
    *) printf '%s' "${PROVISIONER_ACTION_REPOSITORY:-}" ;;
  esac
}

# download SECONDS gets the release to `binary` and verifies it.
download() {
  local address base repository attempt=1 deadline=$((SECONDS + $1)) wrong
  base=${PROVISIONER_DOWNLOAD_URL:-}
  if [ -z "$base" ]; then
    repository=$(action_repository)
    matches '[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+' "$repository" ||
      refuse 'Download refused' 'The repository of the action is unknown, as for `uses: ./`. Set the input `download-url`.'
    base=${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download
  fi
  # Nothing of an address that is refused for its form is shown: it may be a password.
  case $base in
    *@*) refuse 'Download refused' 'The input `download-url` contains an `@`. Pass an address without credentials: the SHA-256 protects the download.' ;;
    *[?#]*) refuse 'Download refused' 'The input `download-url` contains `?` or `#`. Pass the address of a folder: the action appends vVERSION/FILE.' ;;
  esac
  address=${base%/}/v$version/$name
  if ! is_https "$address" && ! is_loopback "$address"; then
    refuse 'Download refused' 'The download address is not an https address. Set the input `download-url` to an address that begins with https:// in lower case.'
  fi
  command -v curl >/dev/null || refuse 'Download refused' 'The program curl was not found on this runner. Install it, or pass `binary` and `binary-sha256`.'

  while ! attempt "$address" "$deadline"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      refuse 'Download failed' "No release after $1 seconds: $why. Re-run the job, or set the input \`download-timeout\`." 31
    fi
    if [ "$attempt" -ge "$ATTEMPTS" ]; then
      refuse 'Download failed' "No release after $ATTEMPTS attempts: $why. Re-run the job when the server answers, or set the input \`download-url\` to a mirror." 31
    fi
    printf 'Attempt %s of %s: %s\n' "$attempt" "$ATTEMPTS" "$why"
    pause "$attempt"
    attempt=$((attempt + 1))
  done
  if ! wrong=$(verify "$binary"); then
    rm -f -- "$binary"
    refuse 'Download refused' "The file at $(shown "$address") is not release $version of provisioner: $wrong. Nothing was run. Copy the release to the mirror again if \`download-url\` names one; otherwise report it to the action's maintainers."
  fi
  printf 'provisioner %s, SHA-256 %s, from %s\n' "$version" "$sum" "$(shown "$address")"
}

# attempt ADDRESS DEADLINE follows redirects to the file. Returns 1 with `why` if another attempt can help.
attempt() {
  local address=$1 next redirects=0
  while :; do
    request "$address" "$(($2 - SECONDS))"
    # Of an error the status decides: its body may be larger than the release.
    if [ "$failure" -eq 23 ] && [ "$status" != 200 ]; then failure=0; fi
    # More than the release has is refused by its size, however the answer ends.
    if [ "$status" = 200 ] && [ "$(bytes "$binary")" -gt "$size" ]; then return 0; fi
    if [ "$failure" -ne 0 ]; then
      why="$(shown "$address"): $said"
      if [ "$status" = 200 ]; then why="$why ($(bytes "$binary") of $size bytes arrived)"; fi
      # A certificate that does not hold, or an address that curl does not know, stays as it is.
      case $failure in 1 | 3 | 60) refuse 'Download refused' "$why. Correct the input \`download-url\`, or the certificates of the runner." ;; esac
      return 1
    fi
    case $status in
      200) return 0 ;;
      301 | 302 | 303 | 307 | 308)
        next=$redirect
        [ -n "$next" ] || refuse 'Download failed' "The server answers $status without an address: $(shown "$address"). Set the input \`download-url\` to a mirror." 31
        # Only a download that began on this machine may go on without TLS, and only on this machine.
        if ! is_https "$next" && ! { is_loopback "$address" && is_loopback "$next"; }; then
          refuse 'Download refused' "The server redirects to another address than https: from $(shown "$address") to $(shown "$next"). Set the input \`download-url\` to a mirror."
        fi
        redirects=$((redirects + 1))
        [ "$redirects" -le "$MAX_REDIRECTS" ] || refuse 'Download failed' "More than $MAX_REDIRECTS redirects, the last to $(shown "$next"). Set the input \`download-url\` to a mirror." 31
        address=$next
        ;;
      408 | 429 | 5??)
        why="the server answers $status for $(shown "$address")"
        return 1
        ;;
      *) refuse 'Download failed' "The server answers $status for $(shown "$address"). No token is sent: if the action's repository is private, or its releases are elsewhere, set the input \`download-url\` to a mirror." 31 ;;
    esac
  done
}

# request ADDRESS SECONDS sets `failure` (of curl), `said`, `status` and `redirect`. Writes at most one byte more than the release has.
request() {
  local seconds=$2 codes
  local options=(--silent --show-error --globoff --proto '=http,https' --connect-timeout 20)
  if [ "$seconds" -lt 1 ]; then seconds=1; fi
  if is_loopback "$1"; then options+=(--noproxy '*'); fi
  rm -f -- "$folder/pipe"
  mkfifo "$folder/pipe" || refuse 'Download failed' "The download cannot be written to $folder. Free space there."
  head -c "$((size + 1))" <"$folder/pipe" >"$binary" 2>/dev/null &
  children=("$!")
  # `-q` comes first: a .curlrc of the machine has no say. The file goes through a pipe that ends after `size`.
  curl -q "${options[@]}" --speed-limit 1 --speed-time "$STALLED" --max-time "$seconds" --output /dev/fd/3 \
    --write-out '%{http_code} %{redirect_url}' -- "$1" 3>"$folder/pipe" >"$folder/status" 2>"$folder/said" &
  children+=("$!")
  codes=(0 0)
  wait "${children[1]}" || codes[0]=$?
  wait "${children[0]}" || codes[1]=$?
  children=()
  [ "${codes[1]}" -eq 0 ] || refuse 'Download failed' "The download cannot be written to $folder. Free space there."
  failure=${codes[0]}
  case $failure in
    6) said='the name of the server is unknown' ;;
    7) said='no connection to the server' ;;
    18) said='the connection ended early' ;;
    28) said='no answer in time' ;;
    35) said='no TLS connection to the server' ;;
    60) said="the certificate of the server is not trusted" ;;
    52) said='the connection ended without an answer' ;;
    *) said="curl ended with $failure: $(text "$(sed -n 's/^curl: ([0-9]*) //p' "$folder/said" | head -n 1)")" ;;
  esac
  status=$(sed 's/ .*//' "$folder/status")
  redirect=$(sed 's/^[0-9]* //' "$folder/status")
}
