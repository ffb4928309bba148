/*
 * copy.c - bytes from one file to another.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "copy.h"
#include "vec.h"
#include "wire.h"

#define CHUNK ((size_t)1 << 20)
#define PIECE ((uint64_t)1 << 30)	/* of one copy_file_range; it is no promise to do so many */

int
copy_code(int no)
{
	return no == ENOSPC || no == EDQUOT ? WIRE_NO_SPACE : WIRE_INTERNAL;
}

static int
write_at(int fd, const char *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

/* By hand, where the system has no way between the two file systems. */
static int
copy_rest(int from, int to, uint64_t at, uint64_t n, const char *name, struct err *err)
{
	char *chunk = malloc(CHUNK);
	int rc = 0;

	if (chunk == NULL)
		return err_set(err, WIRE_INTERNAL, "no memory to copy %s", name);
	while (at < n && rc == 0) {
		size_t want = n - at < CHUNK ? (size_t)(n - at) : CHUNK;
		ssize_t got = pread(from, chunk, want, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = err_sys(err, copy_code(errno), errno, "cannot read %s", name);
		else if (got == 0)
			rc = err_set(err, WIRE_INTERNAL, "%s is shorter than it should be", name);
		else if (write_at(to, chunk, (size_t)got, at) != 0)
			rc = err_sys(err, copy_code(errno), errno, "cannot write a copy of %s", name);
		else
			at += (uint64_t)got;
	}
	free(chunk);
	return rc;
}

int
copy_bytes(int from, int to, uint64_t n, const char *name, struct err *err)
{
	off_t in = 0, out = 0;

	while ((uint64_t)in < n) {
		uint64_t left = n - (uint64_t)in;
		ssize_t done = copy_file_range(from, &in, to, &out,
		    (size_t)(left < PIECE ? left : PIECE), 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
			return err_sys(err, copy_code(errno), errno, "cannot copy %s", name);
		if (done <= 0)
			return copy_rest(from, to, (uint64_t)in, n, name, err);
	}
	return 0;
}

int
copy_sum(int fd, uint64_t *size, uint32_t *crc, const char *name, struct err *err)
{
	char *chunk = malloc(CHUNK);
	ssize_t got;
	int rc = 0;

	*size = 0;
	*crc = 0;
	if (chunk == NULL)
		return err_set(err, WIRE_INTERNAL, "no memory to read %s", name);
	while ((got = pread(fd, chunk, CHUNK, (off_t)*size)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = err_sys(err, WIRE_INTERNAL, errno, "cannot read %s", name);
			break;
		}
		*crc = vec_crc32c(*crc, chunk, (size_t)got);
		*size += (uint64_t)got;
	}
	free(chunk);
	return rc;
}
