/*
 * words_table.c - opening, checking and searching a table.
 *
 * All of the file is read once when it is opened, for its sum; after that a flipped byte would have
 * to come from the page cache itself.
 */

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "embed.h"
#include "num.h"
#include "words_table.h"

#define NAME_MAX_LEN 63

static uint16_t
get16(const unsigned char *p)
{
	uint16_t x;

	memcpy(&x, p, sizeof(x));
	return le16toh(x);
}

static uint32_t
get32(const unsigned char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return le32toh(x);
}

static uint64_t
get64(const unsigned char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return le64toh(x);
}

/* Move `*at` behind `n` things of `size` bytes and their padding. */
static bool
part(size_t *at, size_t n, size_t size)
{
	size_t bytes;

	if (!num_mul(n, size, &bytes) || !num_add(bytes, 7, &bytes))
		return false;
	return num_add(*at, bytes / 8 * 8, at);
}

bool
words_layout(uint64_t n, uint32_t dim, struct words_layout *at)
{
	size_t end = WORDS_HEADER, components;

	if (n < 1 || n > UINT32_MAX || dim < WORDS_DIM_MIN || dim > WORDS_DIM_MAX)
		return false;
	at->direction = end;
	if (!part(&end, dim, 2))
		return false;
	at->keys = end;
	if (!part(&end, n, 8))
		return false;
	at->ranks = end;
	if (!part(&end, n, 4))
		return false;
	at->scales = end;
	if (!part(&end, n, 2))
		return false;
	at->components = end;
	if (!num_mul(n, dim, &components) || !part(&end, components, 1))
		return false;
	at->sum = end;
	return num_add(end, 8, &at->end);
}

/* Each step is a bijection of the state, and of the eight bytes it takes in: see words_table.h. */
uint64_t
words_sum(const unsigned char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i += 8) {
		h = (h ^ get64(p + i)) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

int
words_path(const char *folder, const char *name, char *path, size_t n, struct err *err)
{
	size_t len = strlen(name);
	bool good = len > 0 && len <= NAME_MAX_LEN && isalnum((unsigned char)name[0]);

	for (size_t i = 0; i < len && good; i++)
		good = isalnum((unsigned char)name[i]) || name[i] == '-' || name[i] == '_';
	if (!good)
		return err_set(err, EMBED_EINVAL, "a table of words cannot be called \"%.63s\": a name is"
		    " a letter or digit, then up to 62 letters, digits, - and _", name);
	if (snprintf(path, n, "%s/words/%s.words", folder, name) >= (int)n)
		return err_set(err, EMBED_EINVAL, "the path of table %s is too long", name);
	return 0;
}

/* The header, its counts against the size, the sum, and the order that searching needs. */
static int
table_check(struct words_table *t, const char *path, size_t size, struct err *err)
{
	const unsigned char *m = t->map;
	uint64_t last = 0;

	if (size < WORDS_HEADER || memcmp(m, WORDS_MAGIC, 8) != 0)
		return err_set(err, EMBED_EINVAL, "%s is not a table of words", path);
	if (get32(m + 8) != WORDS_FORMAT)
		return err_set(err, EMBED_EINVAL, "%s has format %u, and this coolvecd reads %u: import"
		    " the words again", path, (unsigned)get32(m + 8), WORDS_FORMAT);
	t->dim = get32(m + 12);
	t->n = get64(m + 16);
	if (!words_layout(t->n, t->dim, &t->at) || t->at.end != size)
		return err_set(err, EMBED_EINVAL, "%s is damaged: it has %zu bytes, which do not fit its"
		    " header", path, size);
	t->sum = get64(m + t->at.sum);
	if (words_sum(m, t->at.sum) != t->sum)
		return err_set(err, EMBED_EINVAL, "%s is damaged: its checksum is wrong", path);
	for (uint64_t i = 0; i < t->n; i++) {
		uint64_t key = get64(m + t->at.keys + 8 * i);

		if (i > 0 && key <= last)
			return err_set(err, EMBED_EINVAL, "%s is damaged: its words are not in order",
			    path);
		last = key;
	}
	for (uint32_t i = 0; i < t->dim; i++)
		t->direction[i] = (int16_t)get16(m + t->at.direction + 2 * i);
	return 0;
}

int
words_table_open(const char *path, struct words_table **out, struct err *err)
{
	struct words_table *t = NULL;
	struct stat st;
	void *map;
	int fd, rc;

	*out = NULL;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) != 0) {
		rc = err_sys(err, EMBED_EINVAL, errno, "table of words %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < WORDS_HEADER) {
		rc = err_set(err, EMBED_EINVAL, "%s is not a table of words", path);
		goto out;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for a table of words");
		goto out;
	}
	if ((map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		rc = err_sys(err, EMBED_ENOMEM, errno, "cannot map %s", path);
		goto out;
	}
	t->map = map;
	t->at.end = (size_t)st.st_size;
	if ((rc = table_check(t, path, (size_t)st.st_size, err)) != 0) {
		munmap(map, (size_t)st.st_size);
		t->map = NULL;
		goto out;
	}
	t->fd = fd;
	fd = -1;
	words_table_watch(t);
	*out = t;
	t = NULL;		/* now the caller's */
out:
	words_table_close(t);
	if (fd >= 0)
		close(fd);
	return rc;
}

void
words_table_close(struct words_table *t)
{
	void *map;

	if (t == NULL)
		return;
	if (t->map != NULL) {
		words_table_unwatch(t);
		close(t->fd);
		memcpy(&map, &t->map, sizeof(map));	/* ours, whatever its type says */
		munmap(map, t->at.end);
	}
	free(t);
}

bool
words_table_find(const struct words_table *t, uint64_t key, struct words_entry *out)
{
	uint64_t low = 0, high = t->n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (get64(t->map + t->at.keys + 8 * middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->n || get64(t->map + t->at.keys + 8 * low) != key)
		return false;
	out->rank = get32(t->map + t->at.ranks + 4 * low);
	out->scale = get16(t->map + t->at.scales + 2 * low);
	out->c = (const int8_t *)(t->map + t->at.components + low * t->dim);
	return true;
}
