/* Preloaded into a program: read(2) on files whose path ends in FAULT_PATH fails with EIO once FAULT_AFTER bytes were
 * read of them, as on a disk with a bad sector. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t read(int fd, void *buffer, size_t count)
{
    static ssize_t (*real)(int, void *, size_t);
    const char *suffix = getenv("FAULT_PATH");
    const char *after = getenv("FAULT_AFTER");
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "read");
    if (suffix && after) {
        char link[64], path[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 0) {
            path[length] = 0;
            size_t wanted = strlen(suffix);
            if ((size_t)length >= wanted && strcmp(path + length - wanted, suffix) == 0) {
                long long left = atoll(after) - (long long)lseek(fd, 0, SEEK_CUR);
                if (left <= 0) {
                    errno = EIO;
                    return -1;
                }
                if ((long long)count > left)
                    count = (size_t)left;
            }
        }
    }
    return real(fd, buffer, count);
}
