/*
 * index_read.c - reading stretches of hnsw.index: a buffer, a checksum, and the lists.
 *
 * Nearly all of the file are the lists of level 0, and what takes longest of all is to touch the memory
 * of links and codes for the first time.  So that is done in pieces, a segment each, by as many threads as
 * come; the checksum of the whole follows from those of the pieces.
 */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "index_read.h"
#include "io.h"

#define BUFFER 65536
#define SEEN_BITS 12	/* of a hash of links: 4,096 places for at most 128 of them */

bool
index_reader_init(struct index_reader *r, int fd)
{
	*r = (struct index_reader){ .fd = fd, .buffer = io.calloc(1, BUFFER) };
	return r->buffer;
}

void
index_reader_fini(struct index_reader *r)
{
	free(r->buffer);
}

void
index_reader_begin(struct index_reader *r, uint64_t at, uint64_t bytes)
{
	r->at = at;
	r->n = r->used = 0;
	r->left = bytes;
	r->crc = 0;
}

const unsigned char *
index_reader_take(struct index_reader *r, size_t n)
{
	static const unsigned char zeros[INDEX_TAKE_MAX];
	size_t kept = r->n - r->used, more;

	if (kept < n && !r->failed) {
		memmove(r->buffer, r->buffer + r->used, kept);
		more = r->left < BUFFER - kept ? (size_t)r->left : BUFFER - kept;
		r->failed = kept + more < n || io_read(r->fd, r->buffer + kept, more, r->at) != 0;
		if (!r->failed)
			r->crc = vec_crc32c(r->crc, r->buffer + kept, more);
		r->at += more;
		r->left -= more;
		r->n = kept + more;
		r->used = 0;
	}
	if (r->failed)
		return zeros;
	r->used += n;
	return r->buffer + r->used - n;
}

bool
index_reader_end(const struct index_reader *r)
{
	return !r->failed && r->left == 0 && r->used == r->n;
}

/* A number for a pair of slots on a level, the same for both directions. */
static uint64_t
pair_number(uint32_t a, uint32_t b, uint32_t level)
{
	uint64_t x = ((uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a)) + level;

	x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
	return (x ^ x >> 29) * 0x94d049bb133111ebu;
}

static bool
is_among(uint32_t link, const uint32_t *links, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (links[i] == link)
			return true;
	}
	return false;
}

bool
index_list_load(struct graph *g, struct index_reader *r, uint32_t slot, uint32_t level,
    uint32_t slots, const unsigned char *levels, uint64_t *balance)
{
	uint32_t max = graph_list_max(g, level), links[GRAPH_LIST_MAX], n = 0;
	const unsigned char *p = index_reader_take(r, max * sizeof(uint32_t));
	graph_link *list = graph_list(g, slot, level);
	uint64_t seen[(1 << SEEN_BITS) / 64] = { 0 }, sum = 0;
	bool hole = false;

	for (uint32_t i = 0; i < max; i++) {
		uint32_t link = bytes_get32(p + 4 * (size_t)i), hash;

		if (link == 0) {
			hole = true;
			continue;
		}
		if (hole || link > slots || link == slot + 1 ||
		    !index_is_node(levels, link - 1) || levels[link - 1] <= level)
			return false;
		/* Only where another link had the same hash is it looked for. */
		hash = link * 2654435761u >> (32 - SEEN_BITS);
		if (seen[hash / 64] >> hash % 64 & 1 && is_among(link, links, n))
			return false;
		seen[hash / 64] |= 1ull << hash % 64;
		links[n++] = link;
		sum += slot < link - 1 ? pair_number(slot, link - 1, level)
		                       : -pair_number(slot, link - 1, level);
		atomic_store_explicit(list + i, link, memory_order_relaxed);
	}
	*balance += sum;
	return true;
}

/* --- level 0 ------------------------------------------------------------------------------------- */

struct base_piece {
	const char *why;	/* it was refused; NULL: it was not */
	uint64_t at, bytes;
	uint32_t crc;
	uint64_t balance;
};

struct base {
	struct graph *g;
	int fd;
	uint32_t slots;
	const unsigned char *levels;
	struct base_piece *pieces;
};

/*
 * Its nodes, each: the code, which follows from the vector, and the list.  A node has its norm and code
 * before it is one, for a scan makes use of them.
 */
static const char *
load_segment(struct base *b, struct index_reader *r, struct base_piece *p, uint32_t from, uint32_t to)
{
	index_reader_begin(r, p->at, p->bytes);
	for (uint32_t slot = from; slot < to; slot++) {
		if (!index_is_node(b->levels, slot))
			continue;
		graph_encode(b->g, slot);
		if (atomic_fetch_or(graph_flags(b->g, slot), GRAPH_LINKED) & GRAPH_DEAD)
			graph_unlink_later(b->g, slot);
		if (!index_list_load(b->g, r, slot, 0, b->slots, b->levels, &p->balance))
			return "a link is wrong";
	}
	p->crc = r->crc;
	return index_reader_end(r) ? NULL : "its links are damaged";
}

static void
load_piece(void *arg, uint32_t i)
{
	struct base *b = arg;
	uint32_t from = i * GRAPH_SEGMENT;
	uint32_t to = b->slots - from < GRAPH_SEGMENT ? b->slots : from + GRAPH_SEGMENT;
	struct index_reader r;

	if (!index_reader_init(&r, b->fd)) {
		b->pieces[i].why = "no memory to read it";
		return;
	}
	b->pieces[i].why = load_segment(b, &r, &b->pieces[i], from, to);
	index_reader_fini(&r);
}

const char *
index_base_load(struct graph *g, int fd, struct crew *crew, uint64_t at, uint32_t slots,
    const unsigned char *levels, const uint32_t *nodes, uint32_t *crc, uint64_t *balance)
{
	uint32_t n = (slots + GRAPH_SEGMENT - 1) / GRAPH_SEGMENT;
	struct base b = { g, fd, slots, levels, io.calloc(n + 1ul, sizeof(*b.pieces)) };
	const char *why = NULL;

	if (!b.pieces)
		return "no memory to read it";
	for (uint32_t i = 0; i < n; i++) {
		b.pieces[i].at = at;
		b.pieces[i].bytes = (uint64_t)nodes[i] * 2 * g->M * sizeof(graph_link);
		at += b.pieces[i].bytes;
	}
	crew_run(crew, n, load_piece, &b);
	*crc = 0;
	for (uint32_t i = 0; i < n && !why; i++) {
		why = b.pieces[i].why;
		*crc = crc32c_join(*crc, b.pieces[i].crc, b.pieces[i].bytes);
		*balance += b.pieces[i].balance;
	}
	free(b.pieces);
	return why;
}
