/* Preloaded into a program: read(2) and pread(2) on files whose path ends in FAULT_PATH fail with EIO once FAULT_AFTER bytes
 * were read of them, as on a disk with a bad sector. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many bytes of `count` at `offset` can be read: none behind the fault. */
static size_t sound(int fd, size_t count, off_t offset)
{
    const char *suffix = getenv("FAULT_PATH");
    const char *after = getenv("FAULT_AFTER");
    if (!suffix || !after)
        return count;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return count;
    path[length] = 0;
    size_t wanted = strlen(suffix);
    if ((size_t)length < wanted || strcmp(path + length - wanted, suffix) != 0)
        return count;
    long long left = atoll(after) - (long long)offset;
    if (left <= 0)
        return 0;
    return (long long)count > left ? (size_t)left : count;
}

ssize_t read(int fd, void *buffer, size_t count)
{
    static ssize_t (*real)(int, void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "read");
    size_t most = sound(fd, count, lseek(fd, 0, SEEK_CUR));
    if (count && !most) {
        errno = EIO;
        return -1;
    }
    return real(fd, buffer, most);
}

ssize_t pread64(int fd, void *buffer, size_t count, off64_t offset)
{
    static ssize_t (*real)(int, void *, size_t, off64_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pread64");
    size_t most = sound(fd, count, offset);
    if (count && !most) {
        errno = EIO;
        return -1;
    }
    return real(fd, buffer, most, offset);
}
