/*
 * vectors.c - a vector is passed on as it was written; whether it fits is for the daemon to say.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "vectors.h"
#include "wire.h"

static int
read_all(int fd, const char *name, struct buf *b, struct err *err)
{
	char *to;
	ssize_t n;

	b->max = VECTORS_BYTES_MAX;
	do {
		if ((to = buf_room(b, (size_t)64 << 10)) == NULL)
			return err_set(
			    err, EXIT_USAGE, "%s is over %zu MiB", name, VECTORS_BYTES_MAX >> 20);
		if ((n = read(fd, to, (size_t)64 << 10)) > 0)
			buf_used(b, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(err, EXIT_FAILED, errno, "cannot read %s", name);
	return 0;
}

/* One vector at `s`, which has no blank in front: *used bytes of it.  NULL: not one. */
static json_t *
parse_one(const char *s, size_t n, size_t *used)
{
	json_error_t e;
	json_t *vector;

	if (*s == '[' || *s == '"') {
		vector = json_loadb(s, n, JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &e);
		*used = e.position > 0 ? (size_t)e.position : 0;
		return vector;
	}
	for (*used = 0; *used < n && strchr(" \t\r\n", s[*used]) == NULL; )
		(*used)++;
	return json_stringn(s, *used);
}

static int
parse_all(const char *s, size_t n, const char *name, json_t *vectors, struct err *err)
{
	size_t used;
	json_t *v;

	for (;;) {
		while (n > 0 && *s != '\0' && strchr(" \t\r\n", *s) != NULL)
			s++, n--;
		if (n == 0)
			break;
		if ((v = parse_one(s, n, &used)) == NULL || used == 0)
			return err_set(err, EXIT_USAGE,
			    "vector %zu of %s is neither a JSON array nor base64",
			    json_array_size(vectors) + 1, name);
		if (json_array_append_new(vectors, v) != 0)
			return err_set(err, EXIT_FAILED, "out of memory");
		s += used;
		n -= used;
	}
	if (json_array_size(vectors) == 0)
		return err_set(err, EXIT_USAGE, "there is no vector in %s", name);
	return 0;
}

int
vectors_read(const char *file, json_t **vectors, struct err *err)
{
	int input = strcmp(file, "-") == 0;
	const char *name = input ? "standard input" : file;
	int fd = input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	json_t *all = json_array();
	struct buf b = { 0 };
	int rc;

	if (fd < 0)
		rc = err_sys(err, EXIT_USAGE, errno, "cannot open %s", name);
	else if (all == NULL)
		rc = err_set(err, EXIT_FAILED, "out of memory");
	else if ((rc = read_all(fd, name, &b, err)) == 0)
		rc = parse_all(b.p != NULL ? b.p : "", b.len, name, all, err);
	if (fd >= 0 && !input)
		close(fd);
	buf_fini(&b);
	if (rc == 0)
		*vectors = all;
	else
		json_decref(all);
	return rc;
}
