/*
 * io.c - the table of system calls, filled with the real ones, and the loops over it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"

#define HUGE_PAGE (2u << 20)
#define COLLAPSE 25	/* MADV_COLLAPSE of Linux 6.1, which the C library does not name yet */

struct io_table io = {
	.openat = openat,
	.pread = pread,
	.pwrite = pwrite,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.fallocate = fallocate,
	.ftruncate = ftruncate,
	.flock = flock,
	.renameat = renameat,
	.unlinkat = unlinkat,
	.mmap = mmap,
	.calloc = calloc,
};

int
io_read(int fd, void *p, size_t n, uint64_t at)
{
	unsigned char *to = p;
	ssize_t got;

	while (n > 0) {
		if ((got = io.pread(fd, to, n, (off_t)at)) < 0) {
			if (errno == EINTR)
				continue;
			return errno;
		}
		if (got == 0)
			return ENODATA;
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

int
io_write(int fd, const void *p, size_t n, uint64_t at)
{
	const unsigned char *from = p;
	ssize_t put;

	while (n > 0) {
		if ((put = io.pwrite(fd, from, n, (off_t)at)) < 0) {
			if (errno == EINTR)
				continue;
			return errno;
		}
		from += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

/* Where the file system has no fallocate, zeros are written by hand. */
static int
write_zeros(int fd, uint64_t from, uint64_t to)
{
	static const unsigned char zeros[65536];
	size_t n;
	int no;

	while (from < to) {
		n = to - from < sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
		if ((no = io_write(fd, zeros, n, from)) != 0)
			return no;
		from += n;
	}
	return 0;
}

int
io_extend(int fd, uint64_t from, uint64_t to)
{
	int rc;

	do
		rc = io.fallocate(fd, 0, (off_t)from, (off_t)(to - from));
	while (rc != 0 && errno == EINTR);
	if (rc == 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return write_zeros(fd, from, to);
	return errno;
}

/*
 * What is larger than a huge page begins on its boundary: mapped longer than needed, and cut.
 * munmap of an end of a map of our own cannot fail but for want of memory, and then the rest stays
 * mapped and costs address space.
 */
void *
io_pages(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), before,
	       more = n >= HUGE_PAGE ? HUGE_PAGE : 0;
	unsigned char *p = io.mmap(NULL, n + more, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (more > 0) {
		before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
		n = (n + page - 1) / page * page;
		if (before > 0)
			(void)munmap(p, before);
		if (more > before)
			(void)munmap(p + before + n, more - before);
		p += before;
	}
	return p;
}

void
io_pages_huge(void *p, size_t n)
{
	if (n < HUGE_PAGE)
		return;
	(void)madvise(p, n, MADV_HUGEPAGE);
	(void)madvise(p, n / HUGE_PAGE * HUGE_PAGE, COLLAPSE);
}

void
io_pages_free(void *p, size_t n)
{
	if (p)
		(void)munmap(p, n);
}
