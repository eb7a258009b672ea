#ifndef UPDRAFT_CLIBUV_SHIM_H
#define UPDRAFT_CLIBUV_SHIM_H

#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>

/// Names the calling thread for `top` and `perf`; the kernel keeps 15 bytes. `prctl` is variadic.
static inline void updraft_name_thread(const char *name) {
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

/// Reads what a non-blocking pipe holds right now: a byte count, 0 at its end, negative when empty.
static inline long updraft_read_pipe(uv_stream_t *stream, void *buffer, size_t size) {
    uv_os_fd_t descriptor;
    if (uv_fileno((const uv_handle_t *)stream, &descriptor) != 0) return 0;
    return (long)read(descriptor, buffer, size);
}

#endif
