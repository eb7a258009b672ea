#ifndef UPDRAFT_CLIBUV_SHIM_H
#define UPDRAFT_CLIBUV_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

/// Has the kernel send `signal` to this process when the thread that started it ends. 0, or
/// `errno`.
static inline int updraft_follow_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0) == 0 ? 0 : errno;
}

/// Makes this process the parent of what its descendants leave behind. 0, or `errno`.
static inline int updraft_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0, 0, 0) == 0 ? 0 : errno;
}

/// Keeps set-user-id programs from giving this process and its children rights. 0, or `errno`.
static inline int updraft_refuse_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0, 0, 0) == 0 ? 0 : errno;
}

static inline int updraft_write_small(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return errno;
    ssize_t count = write(file, text, strlen(text));
    int result = count < 0 ? errno : 0;
    close(file);
    return result;
}

/// CLONE_NEWUSER; the header hides it without _GNU_SOURCE.
#define UPDRAFT_NEW_USER_SPACE 0x10000000
int unshare(int flags);

/// A user namespace in which this user and group have the ids that they have outside.
static inline int updraft_map_user_space(void) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", geteuid(), geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", getegid(), getegid());
    if (unshare(UPDRAFT_NEW_USER_SPACE) != 0) return errno;
    int result = updraft_write_small("/proc/self/setgroups", "deny");
    if (result == 0) result = updraft_write_small("/proc/self/uid_map", users);
    if (result == 0) result = updraft_write_small("/proc/self/gid_map", groups);
    return result;
}

/// Enters a user namespace of this process's own, so that the kernel counts its processes apart
/// from those of others of the same user. A child tries it first: a namespace that can be made and
/// not mapped can't be left again. 0, or `errno`, with nothing changed.
static inline int updraft_enter_user_space(void) {
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) _exit(updraft_map_user_space());
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return errno;
    }
    if (!WIFEXITED(status)) return EPERM;
    return WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : updraft_map_user_space();
}

#endif
