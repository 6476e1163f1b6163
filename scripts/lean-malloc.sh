# What glibc reads before a program starts, unless it is set already: few arenas, for each keeps what is freed in it,
# and a fixed threshold, above which a block is given back to the system when it is freed. By itself the threshold
# grows to 32 MB with each large block that is freed, and those that come after are kept.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-131072}"
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-131072}"
exec "$@"
