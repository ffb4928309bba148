/*
 * io.h - every call of libvec that the system may refuse, as one table.
 *
 * The library calls through the table so that a test can put in a countdown and fail the Nth call;
 * nothing else writes to it.  Beside the table stand the few loops over it that all files share.
 */

#ifndef LIBVEC_IO_H
#define LIBVEC_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct io_table {
	int (*openat)(int dir, const char *name, int flags, ...);
	ssize_t (*pread)(int fd, void *p, size_t n, off_t at);
	ssize_t (*pwrite)(int fd, const void *p, size_t n, off_t at);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*fallocate)(int fd, int mode, off_t at, off_t n);
	int (*ftruncate)(int fd, off_t n);
	int (*flock)(int fd, int operation);
	int (*renameat)(int dir, const char *from, int todir, const char *to);
	int (*unlinkat)(int dir, const char *name, int flags);
	void *(*mmap)(void *at, size_t n, int prot, int flags, int fd, off_t offset);
	void *(*calloc)(size_t n, size_t size);
};

extern struct io_table io;

/* Read or write exactly `n` bytes at `at`.  0, or the errno; a file that ends early is ENODATA. */
int io_read(int fd, void *p, size_t n, uint64_t at);
int io_write(int fd, const void *p, size_t n, uint64_t at);

/* Make [from, to) of the file exist as zeros with blocks of its own.  0, or the errno. */
int io_extend(int fd, uint64_t from, uint64_t to);

/*
 * Zeroed memory straight from the system, which costs nothing until it is touched: for tables that
 * are sized for the largest collection.  NULL when there is none.
 */
void *io_pages(size_t n);
void io_pages_free(void *p, size_t n);

/*
 * Have memory of io_pages in huge pages, what is touched already too: a walk is all over it, and
 * looking up addresses is a good part of what it waits for.  What is touched then costs 2 MiB at a
 * time.
 */
void io_pages_huge(void *p, size_t n);

#endif
