# Terminals of a server that looks into a training job have the job's variables, as far
# as mofang-debug wrote them down. The server's own process must never have them.
if [ -n "${MOFANG_DEBUG_JOB:-}" ] &&
  [ -r "${MOFANG_CACHE_DIRECTORY:-/cache}/$MOFANG_DEBUG_JOB.env" ]; then
  . "${MOFANG_CACHE_DIRECTORY:-/cache}/$MOFANG_DEBUG_JOB.env"
fi
