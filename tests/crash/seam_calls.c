/*
 * seam_calls.c - the calls themselves, each straight to the kernel.
 *
 * The headers of the C library give some of them a second name for large files, which SQLite uses;
 * on a 64-bit system both are the same call.  This file is compiled without _FORTIFY_SOURCE, which
 * would give them bodies of its own.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "seam_private.h"

#pragma GCC visibility push(default)

/* A call that fails: errno set, -1. */
static long
refuse(int no)
{
	errno = no;
	return -1;
}

/* --- names -------------------------------------------------------------------------------------- */

static int
open_at(int dir, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool there;
	int fd, no;

	if (!seam_watches_path(dir, path))
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	if ((no = seam_fail(SEAM_OPEN)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	there = fstatat(dir, path, &st, 0) == 0;
	if ((fd = (int)syscall(SYS_openat, dir, path, flags, mode)) >= 0) {
		if (!there)
			seam_made_locked(dir, path);
		seam_opened_locked(fd);
		if (there && (flags & O_TRUNC) && st.st_size > 0)
			seam_sized_locked(fd, 0);
	}
	pthread_mutex_unlock(&seam_lock);
	return fd;
}

static mode_t
mode_of(int flags, va_list ap)
{
	return flags & O_CREAT ? va_arg(ap, mode_t) : 0;
}

#define OPEN(NAME)                                                             \
	int                                                                    \
	NAME(const char *path, int flags, ...)                                 \
	{                                                                      \
		va_list ap;                                                    \
		mode_t mode;                                                   \
                                                                               \
		va_start(ap, flags);                                           \
		mode = mode_of(flags, ap);                                     \
		va_end(ap);                                                    \
		return open_at(AT_FDCWD, path, flags, mode);                   \
	}

#define OPENAT(NAME)                                                           \
	int                                                                    \
	NAME(int dir, const char *path, int flags, ...)                        \
	{                                                                      \
		va_list ap;                                                    \
		mode_t mode;                                                   \
                                                                               \
		va_start(ap, flags);                                           \
		mode = mode_of(flags, ap);                                     \
		va_end(ap);                                                    \
		return open_at(dir, path, flags, mode);                        \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* The last six characters of the template become a number that is free. */
int
mkostemp(char *template, int flags)
{
	static unsigned next;
	size_t n = strlen(template);
	int fd;

	do {
		snprintf(template + n - 6, 7, "%06u", __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST));
		fd = open_at(AT_FDCWD, template, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

int
close(int fd)
{
	seam_closed(fd);
	return (int)syscall(SYS_close, fd);
}

int
mkdir(const char *path, mode_t mode)
{
	int no, rc;

	if (!seam_watches_path(AT_FDCWD, path))
		return (int)syscall(SYS_mkdir, path, mode);
	if ((no = seam_fail(SEAM_MKDIR)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	if ((rc = (int)syscall(SYS_mkdir, path, mode)) == 0)
		seam_made_locked(AT_FDCWD, path);
	pthread_mutex_unlock(&seam_lock);
	return rc;
}

static int
remove_at(int dir, const char *path, int flags)
{
	int no, rc;

	if (!seam_watches_path(dir, path))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	if ((no = seam_fail(SEAM_REMOVE)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	if ((rc = (int)syscall(SYS_unlinkat, dir, path, flags)) == 0)
		seam_removed_locked(dir, path);
	pthread_mutex_unlock(&seam_lock);
	return rc;
}

int
unlinkat(int dir, const char *path, int flags)
{
	return remove_at(dir, path, flags);
}

int
unlink(const char *path)
{
	return remove_at(AT_FDCWD, path, 0);
}

int
remove(const char *path)
{
	int rc = remove_at(AT_FDCWD, path, 0);

	return rc != 0 && errno == EISDIR ? remove_at(AT_FDCWD, path, AT_REMOVEDIR) : rc;
}

int
renameat(int dir, const char *from, int todir, const char *to)
{
	int no, rc;

	if (!seam_watches_path(dir, from))
		return (int)syscall(SYS_renameat2, dir, from, todir, to, 0);
	if ((no = seam_fail(SEAM_RENAME)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	if ((rc = (int)syscall(SYS_renameat2, dir, from, todir, to, 0)) == 0)
		seam_renamed_locked(dir, from, to);
	pthread_mutex_unlock(&seam_lock);
	return rc;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* --- content ------------------------------------------------------------------------------------ */

/* `at` -1: where the descriptor stands. */
static ssize_t
write_at(int fd, const void *p, size_t n, off_t at)
{
	size_t want = n;
	ssize_t put;
	int no;

	if (!seam_watches(fd))
		return at < 0 ? syscall(SYS_write, fd, p, n) : syscall(SYS_pwrite64, fd, p, n, at);
	if ((no = seam_fail(SEAM_WRITE)) != 0) {
		if (seam_failing_way() == SEAM_ERRNO)
			return refuse(no);
		want = n > 1 ? n / 2 : n;
	}
	pthread_mutex_lock(&seam_lock);
	if (at < 0)
		at = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	put = syscall(SYS_pwrite64, fd, p, want, at);
	if (put > 0) {
		seam_wrote_locked(fd, p, (uint64_t)put, (uint64_t)at);
		(void)syscall(SYS_lseek, fd, at + put, SEEK_SET);
	}
	pthread_mutex_unlock(&seam_lock);
	return no != 0 && seam_failing_way() == SEAM_TORN ? refuse(no) : put;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return write_at(fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return write_at(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return write_at(fd, p, n, -1);
}

static ssize_t
read_at(int fd, void *p, size_t n, off_t at)
{
	int no;

	if (seam_watches(fd) && (no = seam_fail(SEAM_READ)) != 0)
		return refuse(no);
	return at < 0 ? syscall(SYS_read, fd, p, n) : syscall(SYS_pread64, fd, p, n, at);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	return read_at(fd, p, n, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
	return read_at(fd, p, n, at);
}

ssize_t
read(int fd, void *p, size_t n)
{
	return read_at(fd, p, n, -1);
}

int
ftruncate(int fd, off_t n)
{
	int no, rc;

	if (!seam_watches(fd))
		return (int)syscall(SYS_ftruncate, fd, n);
	if ((no = seam_fail(SEAM_TRUNCATE)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	if ((rc = (int)syscall(SYS_ftruncate, fd, n)) == 0)
		seam_sized_locked(fd, (uint64_t)n);
	pthread_mutex_unlock(&seam_lock);
	return rc;
}

int
ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}

int
fallocate(int fd, int mode, off_t at, off_t n)
{
	struct stat st;
	int no, rc;

	if (!seam_watches(fd))
		return (int)syscall(SYS_fallocate, fd, mode, at, n);
	if ((no = seam_fail(SEAM_ALLOCATE)) != 0)
		return (int)refuse(no);
	pthread_mutex_lock(&seam_lock);
	if ((rc = (int)syscall(SYS_fallocate, fd, mode, at, n)) == 0 && mode == 0 &&
	    fstat(fd, &st) == 0)
		seam_sized_locked(fd, (uint64_t)st.st_size);
	pthread_mutex_unlock(&seam_lock);
	return rc;
}

/* The folder is in memory: there is nothing to wait for. */
static int
sync_file(int fd)
{
	int no;

	if (!seam_watches(fd))
		return (int)syscall(SYS_fsync, fd);
	no = seam_fail(SEAM_SYNC);
	pthread_mutex_lock(&seam_lock);
	seam_synced_locked(fd, no != 0);
	pthread_mutex_unlock(&seam_lock);
	return no != 0 ? (int)refuse(no) : 0;
}

int
fsync(int fd)
{
	return sync_file(fd);
}

int
fdatasync(int fd)
{
	return sync_file(fd);
}

static void *
map(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	int no;

	if ((fd < 0 || seam_watches(fd)) && (no = seam_fail(SEAM_MAP)) != 0) {
		errno = no;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return map(at, n, prot, flags, fd, offset);
}

void *
mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	return map(at, n, prot, flags, fd, offset);
}

/* --- random numbers ------------------------------------------------------------------------------ */

ssize_t
getrandom(void *p, size_t n, unsigned flags)
{
	int no = seam_fail(SEAM_RANDOM);

	return no != 0 ? refuse(no) : syscall(SYS_getrandom, p, n, flags);
}

/* --- clocks ------------------------------------------------------------------------------------- */

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int64_t skip = __atomic_load_n(&seam_skipped, __ATOMIC_SEQ_CST);
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	t->tv_sec += skip / 1000000000;
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

#pragma GCC visibility pop
