/*
 * import_open.c - the heads of binary files.
 *
 * What a head says is believed only as far as the file's size and the collection agree, before
 * anything is stored; a pipe's end is seen when it comes.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "import.h"
#include "npy.h"
#include "num.h"
#include "say.h"

#define DIM_MAX 16000

/* Read `n` bytes, or as many as come; -1: it failed, which was said. */
static ssize_t
read_all(int fd, const char *name, char *p, size_t n)
{
	size_t at = 0;
	ssize_t got;

	while (at < n && (got = read(fd, p + at, n - at)) != 0) {
		if (got < 0) {
			say_error("cannot read %s: %s", name, strerror(errno));
			return -1;
		}
		at += (size_t)got;
	}
	return (ssize_t)at;
}

static int
refuse(const char *name, const char *why)
{
	say_error("%s: %s", name, why);
	return EXIT_MISMATCH;
}

/* Whether the collection takes vectors of that size, asked once and not of each vector. */
static int
check_dim(const struct import *imp, const char *name)
{
	const char *collection = app_collection(imp->app);
	struct client_reply r = { 0 };
	json_int_t dim;
	int rc;

	if (imp->dim < 1 || imp->dim > DIM_MAX) {
		say_error("%s: vectors of %zu components, where 1 to %d can be", name, imp->dim,
		    DIM_MAX);
		return EXIT_MISMATCH;
	}
	if ((rc = app_call(imp->app, "collection_show",
	    collection != NULL ? json_pack("{s:s}", "name", collection) : json_object(), &r)) != 0)
		return rc;
	dim = json_integer_value(json_object_get(r.result, "dim"));
	if (dim != (json_int_t)imp->dim) {
		say_error("%s: vectors of %zu components, collection %s has %" JSON_INTEGER_FORMAT,
		    name, imp->dim, json_string_value(json_object_get(r.result, "name")), dim);
		rc = EXIT_MISMATCH;
	}
	client_reply_fini(&r);
	return rc;
}

static bool
is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int
make_feed(struct import *imp, int fd, const char *name, uint64_t rows, const char *head)
{
	size_t bytes = imp->dim * sizeof(float);

	if ((imp->base64 = malloc(BASE64_LEN(bytes) + 1)) == NULL)
		return app_no_memory();
	feed_blocks(&imp->feed, fd, name, imp->skip + bytes, rows, head);
	return 0;
}

int
import_open_fvecs(struct import *imp, int fd, const char *name)
{
	unsigned char head[4] = { 0 };
	ssize_t got = read_all(fd, name, (char *)head, sizeof(head));
	int rc;

	if (got < 0)
		return EXIT_FAILED;
	if (got == 0) {
		feed_blocks(&imp->feed, fd, name, sizeof(head), 0, NULL);
		return 0;
	}
	if (got < (ssize_t)sizeof(head))
		return refuse(name, "it ends inside a vector");
	imp->skip = sizeof(head);
	imp->dim = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
	if ((rc = check_dim(imp, name)) != 0 ||
	    (rc = make_feed(imp, fd, name, UINT64_MAX, (const char *)head)) != 0)
		return rc;
	if (!buf_put(&imp->feed.buf, head, sizeof(head)))
		return app_no_memory();
	if (!is_file(fd))
		return 0;
	imp->feed.total += sizeof(head);
	if (imp->feed.total % imp->feed.size != 0)
		return refuse(name, "its size is not that of vectors that are all like its first");
	return 0;
}

int
import_open_npy(struct import *imp, int fd, const char *name)
{
	char head[NPY_PREFIX_MAX + NPY_HEADER_MAX];
	size_t prefix = 0, total = 0, bytes;
	struct err err = { 0 };
	struct npy npy;
	ssize_t got = read_all(fd, name, head, NPY_PREFIX_MAX);
	int rc;

	if (got < 0)
		return EXIT_FAILED;
	if (got < NPY_PREFIX_MAX)
		return refuse(name, "not an npy file");
	if (npy_size(head, &prefix, &total, &err) != 0)
		return refuse(name, err.text);
	got = read_all(fd, name, head + NPY_PREFIX_MAX, total - NPY_PREFIX_MAX);
	if (got < 0)
		return EXIT_FAILED;
	if ((size_t)got < total - NPY_PREFIX_MAX)
		return refuse(name, "it ends inside its header");
	if (npy_parse(head + prefix, total - prefix, &npy, &err) != 0)
		return refuse(name, err.text);
	imp->dim = npy.dim <= DIM_MAX ? (size_t)npy.dim : SIZE_MAX;
	if ((rc = check_dim(imp, name)) != 0 ||
	    (rc = make_feed(imp, fd, name, npy.rows, NULL)) != 0)
		return rc;
	if (is_file(fd) && (!num_mul((size_t)npy.rows, imp->feed.size, &bytes) ||
	    bytes != imp->feed.total))
		return refuse(name, "its size is not what its header says");
	return 0;
}
