/*
 * fault.h - a countdown in front of every call of io.h: the Nth one fails.
 */

#ifndef TEST_FAULT_H
#define TEST_FAULT_H

#include <errno.h>
#include <sys/mman.h>

#include "io.h"

static struct io_table fault_real;
static long fault_after;	/* calls that still succeed; negative: all do */
static int fault_errno;
static bool fault_hit;
static bool fault_short;	/* the failing pwrite writes half of it first */

static bool
fault_now(void)
{
	if (fault_after < 0 || fault_after-- > 0)
		return false;
	fault_hit = true;
	errno = fault_errno;
	return true;
}

static ssize_t
fault_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (!fault_now())
		return fault_real.pwrite(fd, p, n, at);
	if (fault_short && n > 1)
		(void)fault_real.pwrite(fd, p, n / 2, at);
	errno = fault_errno;
	return -1;
}

static ssize_t
fault_pread(int fd, void *p, size_t n, off_t at)
{
	return fault_now() ? -1 : fault_real.pread(fd, p, n, at);
}

/* Waiting for the disk is left out: a thousand runs would wait for little else. */
static int
fault_no_sync(int fd)
{
	(void)fd;
	return 0;
}

static int
fault_sync(int fd)
{
	(void)fd;
	return fault_now() ? -1 : 0;
}

static int
fault_fallocate(int fd, int mode, off_t at, off_t n)
{
	return fault_now() ? -1 : fault_real.fallocate(fd, mode, at, n);
}

static int
fault_ftruncate(int fd, off_t n)
{
	return fault_now() ? -1 : fault_real.ftruncate(fd, n);
}

static int
fault_renameat(int dir, const char *from, int todir, const char *to)
{
	return fault_now() ? -1 : fault_real.renameat(dir, from, todir, to);
}

static void *
fault_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fault_now() ? MAP_FAILED : fault_real.mmap(at, n, prot, flags, fd, offset);
}

static void *
fault_calloc(size_t n, size_t size)
{
	return fault_now() ? NULL : fault_real.calloc(n, size);
}

/* Which calls count. */
enum fault_kind {
	FAULT_PWRITE,
	FAULT_PREAD,
	FAULT_FDATASYNC,
	FAULT_FSYNC,
	FAULT_FALLOCATE,
	FAULT_FTRUNCATE,
	FAULT_RENAME,
	FAULT_MMAP,
	FAULT_CALLOC,
	FAULT_ANY,
	FAULT_NKINDS
};

/* Let `after` calls of a kind succeed and fail the next one with `no`. */
static void
fault_arm(enum fault_kind kind, long after, int no)
{
	bool any = kind == FAULT_ANY;

	fault_real = io;
	fault_after = after;
	fault_errno = no;
	fault_hit = false;
	if (any || kind == FAULT_PWRITE)
		io.pwrite = fault_pwrite;
	if (any || kind == FAULT_PREAD)
		io.pread = fault_pread;
	io.fdatasync = any || kind == FAULT_FDATASYNC ? fault_sync : fault_no_sync;
	io.fsync = any || kind == FAULT_FSYNC ? fault_sync : fault_no_sync;
	if (any || kind == FAULT_FALLOCATE)
		io.fallocate = fault_fallocate;
	if (any || kind == FAULT_FTRUNCATE)
		io.ftruncate = fault_ftruncate;
	if (any || kind == FAULT_RENAME)
		io.renameat = fault_renameat;
	if (any || kind == FAULT_MMAP)
		io.mmap = fault_mmap;
	if (any || kind == FAULT_CALLOC)
		io.calloc = fault_calloc;
}

/* All calls are real again.  True when one was failed. */
static bool
fault_disarm(void)
{
	io = fault_real;
	fault_after = -1;
	return fault_hit;
}

#endif
