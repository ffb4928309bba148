/*
 * embed_cache.c - two append-only files and a table of what is where.
 *
 * A file begins with 16 bytes: "CVEMBED\0", a version, and a mark that reads otherwise on a machine
 * of the other byte order.  A record is a head (dim, CRC32C of key and vector, key) and the vector.
 * At opening only the heads are read; a record is checked when it is used.  The first head that
 * cannot be ends the file: what a crash left half written is cut off.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "embed_cache.h"
#include "log.h"
#include "vec.h"

#define VERSION 1u
#define ORDER 0x01020304u
#define HEADER 16

struct head {
	uint32_t dim, crc;
	struct embed_key key;
};

_Static_assert(sizeof(struct head) == 8 + SHA256_LEN, "no padding on disk");

/* Where a record is: file 0 is the newer.  24 bytes; the key is compared on disk. */
struct entry {
	uint64_t hash;
	uint64_t at;		/* offset * 2 + file's parity; 0: empty */
	uint32_t dim;
};

struct file {
	int fd;			/* -1: there is none */
	uint64_t size;
};

struct embed_cache {
	char path[2][4096];
	uint64_t half;
	uv_mutex_t lock;	/* guards all below */
	struct file file[2];	/* by parity */
	unsigned now;		/* the parity of the newer */
	struct entry *table;
	size_t room, n;		/* room is a power of two, or 0 */
	bool failed;		/* was said to the log */
};

/* --- the table --------------------------------------------------------------------------------- */

static uint64_t
hash_of(const struct embed_key *key)
{
	uint64_t h;

	memcpy(&h, key->b, sizeof(h));
	return h;
}

static void
table_insert(struct embed_cache *c, const struct entry *e)
{
	size_t i = e->hash & (c->room - 1);

	while (c->table[i].at != 0)
		i = (i + 1) & (c->room - 1);
	c->table[i] = *e;
	c->n++;
}

/* A table of `room` places with the entries of the old one, those of file `without` left out. */
static bool
table_rebuild(struct embed_cache *c, size_t room, unsigned without)
{
	struct entry *old = c->table, *table = calloc(room, sizeof(*table));
	size_t old_room = c->room;

	if (table == NULL)
		return false;
	c->table = table;
	c->room = room;
	c->n = 0;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].at != 0 && (old[i].at & 1) != without)
			table_insert(c, &old[i]);
	free(old);
	return true;
}

static bool
table_add(struct embed_cache *c, const struct embed_key *key, unsigned parity, uint64_t offset,
    uint32_t dim)
{
	struct entry e = { hash_of(key), offset * 2 + parity, dim };

	if (2 * (c->n + 1) > c->room && !table_rebuild(c, c->room == 0 ? 1024 : 2 * c->room, 2))
		return false;
	table_insert(c, &e);
	return true;
}

/* --- files ------------------------------------------------------------------------------------- */

static bool
read_all(int fd, void *p, size_t n, uint64_t at)
{
	char *to = p;
	ssize_t got;

	for (; n > 0; n -= (size_t)got, to += got, at += (uint64_t)got) {
		got = pread(fd, to, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return false;
	}
	return true;
}

static bool
write_all(int fd, const void *p, size_t n, uint64_t at)
{
	const char *from = p;
	ssize_t got;

	for (; n > 0; n -= (size_t)got, from += got, at += (uint64_t)got) {
		got = pwrite(fd, from, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return false;
	}
	return true;
}

static void
header_make(unsigned char *b)
{
	uint32_t version = VERSION, order = ORDER;

	memcpy(b, "CVEMBED", 8);
	memcpy(b + 8, &version, 4);
	memcpy(b + 12, &order, 4);
}

/* The records of a file that is there. */
static void
scan(struct embed_cache *c, unsigned parity, uint64_t size)
{
	struct file *f = &c->file[parity];
	struct head h;

	for (f->size = HEADER; f->size + sizeof(h) <= size;) {
		uint64_t end;

		if (!read_all(f->fd, &h, sizeof(h), f->size) || h.dim == 0 ||
		    h.dim > EMBED_REMOTE_DIM_MAX)
			break;
		end = f->size + sizeof(h) + (uint64_t)h.dim * sizeof(float);
		if (end > size || !table_add(c, &h.key, parity, f->size, h.dim))
			break;
		f->size = end;
	}
	if (f->size < size && ftruncate(f->fd, (off_t)f->size) != 0)
		log_warn("%s cannot be cut: %s", c->path[parity != c->now], strerror(errno));
}

/* Open a file if it is there and ours; another one is removed. */
static void
load(struct embed_cache *c, unsigned parity, const char *path)
{
	unsigned char want[HEADER], has[HEADER];
	struct file *f = &c->file[parity];
	struct stat st;

	if ((f->fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	header_make(want);
	if (fstat(f->fd, &st) == 0 && st.st_size >= HEADER && read_all(f->fd, has, HEADER, 0) &&
	    memcmp(has, want, HEADER) == 0) {
		scan(c, parity, (uint64_t)st.st_size);
		return;
	}
	close(f->fd);
	f->fd = -1;
	unlink(path);
}

static void
fail(struct embed_cache *c)
{
	if (!c->failed)
		log_warn("%s cannot be written (%s): vectors of services are not kept", c->path[0],
		    strerror(errno));
	c->failed = true;
}

/* The newer file becomes the old one, and a new one is begun. */
static bool
turn(struct embed_cache *c)
{
	unsigned next = 1 - c->now;
	unsigned char header[HEADER];
	struct file *f = &c->file[next];

	if (c->file[c->now].fd >= 0) {
		if (rename(c->path[0], c->path[1]) != 0)
			return false;
		if (f->fd >= 0)
			close(f->fd);
		f->fd = -1;
		if (c->room > 0 && !table_rebuild(c, c->room, next))
			return false;
		c->now = next;
	} else {
		f = &c->file[c->now];
	}
	header_make(header);
	f->fd = open(c->path[0], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return false;
	f->size = HEADER;
	return write_all(f->fd, header, HEADER, 0);
}

/* --- life -------------------------------------------------------------------------------------- */

struct embed_cache *
embed_cache_open(const char *folder, uint64_t bytes)
{
	struct embed_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	if (uv_mutex_init(&c->lock) != 0) {
		free(c);
		return NULL;
	}
	snprintf(c->path[0], sizeof(c->path[0]), "%s/" EMBED_CACHE_FILE, folder);
	snprintf(c->path[1], sizeof(c->path[1]), "%s/" EMBED_CACHE_OLD, folder);
	c->half = bytes / 2;
	c->file[0].fd = c->file[1].fd = -1;
	if (bytes == 0)
		return c;
	load(c, 1, c->path[1]);
	load(c, 0, c->path[0]);
	return c;
}

void
embed_cache_close(struct embed_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < 2; i++)
		if (c->file[i].fd >= 0)
			close(c->file[i].fd);
	uv_mutex_destroy(&c->lock);
	free(c->table);
	free(c);
}

void
embed_cache_remove(const char *folder)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/" EMBED_CACHE_FILE, folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" EMBED_CACHE_OLD, folder);
	unlink(path);
}

/* --- get and put ------------------------------------------------------------------------------- */

static uint32_t
checksum(const struct embed_key *key, const float *x, size_t dim)
{
	return vec_crc32c(vec_crc32c(0, key, sizeof(*key)), x, dim * sizeof(*x));
}

static bool
get_locked(struct embed_cache *c, const struct embed_key *key, float *out, size_t dim)
{
	uint64_t hash = hash_of(key);
	struct head h;

	for (size_t i = hash & (c->room - 1); c->room > 0 && c->table[i].at != 0;
	    i = (i + 1) & (c->room - 1)) {
		const struct entry *e = &c->table[i];
		int fd = c->file[e->at & 1].fd;

		if (e->hash == hash && e->dim == dim && read_all(fd, &h, sizeof(h), e->at / 2) &&
		    memcmp(&h.key, key, sizeof(*key)) == 0 &&
		    read_all(fd, out, dim * sizeof(*out), e->at / 2 + sizeof(h)) &&
		    checksum(key, out, dim) == h.crc)
			return true;
	}
	return false;
}

bool
embed_cache_get(struct embed_cache *c, const struct embed_key *key, float *out, size_t dim)
{
	bool found;

	uv_mutex_lock(&c->lock);
	found = get_locked(c, key, out, dim);
	uv_mutex_unlock(&c->lock);
	return found;
}

static bool
append(struct embed_cache *c, const struct embed_key *key, const float *x, size_t dim)
{
	struct head h = { (uint32_t)dim, checksum(key, x, dim), *key };
	uint64_t n = sizeof(h) + dim * sizeof(*x);
	struct file *f = &c->file[c->now];

	if (f->fd < 0 || f->size + n > c->half) {
		if (!turn(c))
			return false;
		f = &c->file[c->now];
	}
	/* the head last: a record without it is none */
	if (!write_all(f->fd, x, dim * sizeof(*x), f->size + sizeof(h)) ||
	    !write_all(f->fd, &h, sizeof(h), f->size) ||
	    !table_add(c, key, c->now, f->size, (uint32_t)dim))
		return false;
	f->size += n;
	return true;
}

void
embed_cache_put(struct embed_cache *c, const struct embed_key *key, const float *x, size_t dim)
{
	float *have;

	if (HEADER + sizeof(struct head) + dim * sizeof(*x) > c->half ||
	    (have = malloc(dim * sizeof(*have))) == NULL)
		return;
	uv_mutex_lock(&c->lock);
	if (!get_locked(c, key, have, dim) && !append(c, key, x, dim))
		fail(c);
	uv_mutex_unlock(&c->lock);
	free(have);
}
