/*
 * store_grow.c - room for more records, in the file and in the address space.
 *
 * The file grows by zero-filled chunks: blocks that exist make a full disk an error of this call
 * and not of a later write.  The longer file is synced before the header speaks of it, for a header
 * that claims more than the file has is how damage is recognised.
 *
 * Readers use a map without any lock.  Address space is reserved well ahead, and the file mapped
 * over it piece by piece, so a record seldom moves.  When a reservation is outgrown a larger one
 * takes over and the old map stays until the store closes: both show the same pages of the same
 * file, so whoever still holds the old one reads the truth.  Each is at least twice the one before,
 * so all of the old ones together take less address space than the new one.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "error.h"
#include "io.h"
#include "store.h"

/* Chunks: small enough for thousands of small collections, then an eighth of the file. */
#define CHUNK_LEAST (64u << 10)
#define CHUNK_PART 8

/* Slots to have room for when `need` are needed. */
static uint32_t
next_capacity(const struct store *s, uint32_t need)
{
	uint64_t now = format_bytes(s->dim, s->capacity);
	uint64_t chunk = now / CHUNK_PART > CHUNK_LEAST ? now / CHUNK_PART : CHUNK_LEAST;
	uint64_t slots = (now + chunk - FORMAT_HEADER) / s->stride;

	if (slots < need)
		slots = need;
	return slots < FORMAT_SLOTS_MAX ? (uint32_t)slots : FORMAT_SLOTS_MAX;
}

int
store_grow_locked(struct store *s, uint32_t need, struct vec_error *err)
{
	uint32_t capacity;
	uint64_t from, to;
	int no, rc;

	if (need <= s->capacity)
		return 0;
	capacity = next_capacity(s, need);
	from = format_bytes(s->dim, s->capacity);
	to = format_bytes(s->dim, capacity);
	if ((no = io_extend(s->fd, from, to)) != 0)
		return error_sys(err, 0, no, "cannot extend vectors.bin to %" PRIu64 " bytes", to);
	if (io.fdatasync(s->fd) != 0) {
		s->read_only = true;
		return error_sys(err, VEC_EREADONLY, errno, "cannot sync the grown vectors.bin");
	}
	if ((rc = store_map_locked(s, to, err)) != 0)
		return rc;
	if ((no = store_header_locked(s, s->published, capacity)) != 0)
		return error_sys(err, 0, no, "cannot write the header of vectors.bin");
	atomic_store_explicit(&s->capacity, capacity, memory_order_release);
	return 0;
}

static uint64_t
round_to_pages(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Reserve address space: `least` or twice what is needed now; where that is refused, less. */
static struct store_map *
reserve(struct store *s, uint64_t bytes)
{
	struct store_map *m = io.calloc(1, sizeof(*m));
	uint64_t least = s->least, sizes[] = { least, 2 * bytes, bytes };

	if (!m)
		return NULL;
	for (size_t i = least > 2 * bytes ? 0 : 1; i < 3; i++) {
		void *base;

		m->reserved = round_to_pages(sizes[i]);
		base = io.mmap(NULL, m->reserved, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base != MAP_FAILED) {
			m->base = base;
			m->store = s;
			store_watch(m);
			return m;
		}
	}
	free(m);
	return NULL;
}

/* Give a map back to the system. */
static void
map_free(struct store_map *m)
{
	store_unwatch(m);
	(void)munmap(m->base, m->reserved);
	free(m);
}

/* Show the file in [m->mapped, end) of the reservation. */
static int
show(const struct store *s, struct store_map *m, uint64_t end)
{
	void *p;

	if (end <= m->mapped)
		return 0;
	p = io.mmap(m->base + m->mapped, end - m->mapped, PROT_READ, MAP_SHARED | MAP_FIXED, s->fd,
	    (off_t)m->mapped);
	if (p == MAP_FAILED)
		return -1;
	if (s->scarce)
		(void)madvise(p, end - m->mapped, MADV_RANDOM);
	m->mapped = end;
	return 0;
}

int
store_map_locked(struct store *s, uint64_t bytes, struct vec_error *err)
{
	uint64_t end = round_to_pages(bytes);
	struct store_map *m = s->maps;

	if (!m || end > m->reserved) {
		if (!(m = reserve(s, bytes)))
			return error_set(err, VEC_ENOMEM,
			    "no address space for %" PRIu64 " bytes of vectors.bin", bytes);
		m->older = s->maps;
		s->maps = m;
	}
	if (show(s, m, end) != 0) {
		/* The system may have dropped the reservation there: never map over it again. */
		if (m->mapped == 0) {
			s->maps = m->older;
			map_free(m);
		} else {
			m->reserved = m->mapped;
		}
		return error_sys(
		    err, 0, ENOMEM, "cannot map %" PRIu64 " bytes of vectors.bin", bytes);
	}
	atomic_store_explicit(&s->rows, m->base + FORMAT_HEADER, memory_order_release);
	return 0;
}

void
store_unmap(struct store *s)
{
	struct store_map *m;

	while ((m = s->maps)) {
		s->maps = m->older;
		map_free(m);
	}
}

/*
 * The header first, and on disk: one that claims more than the file has is how damage is recognised.
 * A file that stays longer than its header says is no harm.
 */
static int
trim_locked(struct store *s, struct vec_error *err)
{
	int rc, no;

	if ((rc = store_lost(s, err)) != 0)
		return rc;
	if (s->read_only)
		return error_set(err, VEC_EREADONLY,
		    "the collection is read-only: syncing vectors.bin failed before");
	if (s->appended == s->capacity)
		return 0;
	if ((no = store_header_locked(s, s->published, s->appended)) != 0)
		return error_sys(err, 0, no, "cannot write the header of vectors.bin");
	atomic_store_explicit(&s->capacity, s->appended, memory_order_release);
	if (io.fdatasync(s->fd) != 0) {
		s->read_only = true;
		return error_sys(err, VEC_EIO, errno, "cannot sync vectors.bin");
	}
	if (io.ftruncate(s->fd, (off_t)format_bytes(s->dim, s->appended)) != 0)
		return error_sys(err, 0, errno, "cannot shorten vectors.bin");
	return 0;
}

int
store_trim(struct store *s, struct vec_error *err)
{
	int rc;

	pthread_mutex_lock(&s->sync);
	pthread_mutex_lock(&s->lock);
	rc = trim_locked(s, err);
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->sync);
	return rc;
}
