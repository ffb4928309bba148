/*
 * index_load.c - reading hnsw.index, which may be anything.
 *
 * Searches may go on meanwhile: they scan, for the graph has no entry point until it is whole, and
 * slots may be deleted, for a slot's flags are only added to.  A file that is refused half-way
 * leaves marks and links behind, which are wiped.
 *
 * A checksum finds accidents; it does not find a file that was made up.  So everything is checked
 * that the graph's code relies on, before a single link is followed: lengths, levels (they follow
 * from seed and slot), that links go to other nodes of that level, that none comes twice, that they
 * are reciprocal, that the entry point is on the highest level.
 *
 * That each link has its counterpart is checked by a sum: every pair of slots and level has a
 * number, added when the smaller slot names the larger and subtracted the other way.  It costs one
 * pass where looking up each counterpart would be a cache miss a link.  A made-up file could pass
 * with links of one way; that would leave a deleted node linked, and nothing worse.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "graph_copy.h"
#include "index.h"
#include "io.h"

#define BUFFER 65536

struct reader {
	int fd;
	uint64_t at;
	unsigned char *buffer;
	size_t n, used;		/* bytes in the buffer, and of them taken */
	uint64_t left;		/* of the section, not in the buffer yet */
	uint32_t crc;
	bool failed;
	uint64_t balance;	/* of links and their counterparts */
};

/* Begin a section. */
static void
begin(struct reader *r, uint64_t bytes)
{
	r->n = r->used = 0;
	r->left = bytes;
	r->crc = 0;
}

/* The next `n` bytes of the section, n at most 1024; after a failure, zeros. */
static const unsigned char *
take(struct reader *r, size_t n)
{
	static const unsigned char zeros[1024];
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

/* The section was read whole and is what was written. */
static bool
end(const struct reader *r, const struct index_header *h, enum index_section section)
{
	return !r->failed && r->left == 0 && r->used == r->n && r->crc == h->section[section].crc;
}

/* The header is one of this collection as it was opened. */
static const char *
check_header(const struct graph *g, const struct index_header *h, uint64_t identity,
    uint64_t generation, uint32_t slots)
{
	if (h->identity != identity || h->generation != generation)
		return "it belongs to other vectors";
	if (h->metric != g->metric || h->dim != g->store->dim || h->M != g->M ||
	    h->seed != g->seed)
		return "it was made with other settings";
	if (h->slots > slots)
		return "it covers more vectors than there are";
	if (h->nodes > h->slots || h->entry > h->slots || (h->entry == 0) != (h->nodes == 0))
		return "its counts contradict each other";
	return NULL;
}

/* The file is as long as its header says, and the sections as long as they must be. */
static bool
lengths_match(const struct graph *g, const struct index_header *h, uint64_t file_bytes)
{
	uint64_t total = INDEX_HEADER, base, list = sizeof(graph_link);

	if (!bytes_size(0, h->nodes, 2 * g->M * list, &base))
		return false;
	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		if (!bytes_size(total, h->section[i].bytes, 1, &total))
			return false;
	}
	return total == file_bytes && h->section[INDEX_LEVELS].bytes == h->slots &&
	    h->section[INDEX_BASE].bytes == base &&
	    h->section[INDEX_UPPER].bytes % (g->M * list) == 0 &&
	    h->section[INDEX_COPIES].bytes % sizeof(uint32_t) == 0;
}

static bool
is_node(const struct graph *g, uint32_t slot)
{
	return graph_flags_get(g, slot) & GRAPH_LINKED;
}

/* Which slots are nodes; their upper lists, for which `upper` lists are announced. */
static const char *
load_levels(struct graph *g, struct reader *r, const struct index_header *h)
{
	uint64_t upper = h->section[INDEX_UPPER].bytes / (g->M * sizeof(graph_link)), seen = 0;
	uint32_t nodes = 0, level;

	begin(r, h->section[INDEX_LEVELS].bytes);
	for (uint32_t slot = 0; slot < h->slots; slot++) {
		if ((level = *take(r, 1)) == 0)
			continue;
		if (level == INDEX_COPY) {
			atomic_fetch_or(graph_flags(g, slot), GRAPH_TAKEN);
			continue;
		}
		if (level - 1 != graph_level(g, slot))
			return "a level is wrong";
		nodes++;
		seen += level - 1;
		if (seen > upper || graph_upper_new(g, slot, level - 1, NULL) != 0)
			return "its upper lists do not fit";
		graph_encode(g, slot);
		if (atomic_fetch_or(graph_flags(g, slot), GRAPH_LINKED) & GRAPH_DEAD)
			graph_unlink_later(g, slot);
	}
	if (!end(r, h, INDEX_LEVELS) || nodes != h->nodes || seen != upper)
		return "its levels are damaged";
	return NULL;
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
load_list(struct graph *g, struct reader *r, uint32_t slot, uint32_t level, uint32_t slots)
{
	uint32_t max = graph_list_max(g, level), links[GRAPH_LIST_MAX], n = 0, twice = 0, hole = 0;
	const unsigned char *p = take(r, max * sizeof(uint32_t));
	graph_link *list = graph_list(g, slot, level);

	for (uint32_t i = 0; i < max; i++) {
		uint32_t link = bytes_get32(p + 4 * (size_t)i), number;

		if (link == 0) {
			hole = 1;
			continue;
		}
		if (hole || link > slots || link == slot + 1 || !is_node(g, link - 1) ||
		    (level > 0 && graph_level(g, link - 1) < level))
			return false;
		for (number = 0; number < n; number++)
			twice |= links[number] == link;
		links[n++] = link;
		r->balance += slot < link - 1 ? pair_number(slot, link - 1, level)
		                              : -pair_number(slot, link - 1, level);
		atomic_store_explicit(list + i, link, memory_order_relaxed);
	}
	return !twice;
}

static const char *
load_lists(struct graph *g, struct reader *r, const struct index_header *h)
{
	begin(r, h->section[INDEX_BASE].bytes);
	for (uint32_t slot = 0; slot < h->slots; slot++) {
		if (is_node(g, slot) && !load_list(g, r, slot, 0, h->slots))
			return "a link is wrong";
	}
	if (!end(r, h, INDEX_BASE))
		return "its links are damaged";
	begin(r, h->section[INDEX_UPPER].bytes);
	for (uint32_t slot = 0; slot < h->slots; slot++) {
		for (uint32_t l = 1; is_node(g, slot) && l <= graph_level(g, slot); l++) {
			if (!load_list(g, r, slot, l, h->slots))
				return "an upper link is wrong";
		}
	}
	if (!end(r, h, INDEX_UPPER))
		return "its upper links are damaged";
	return r->balance == 0 ? NULL : "a link has no counterpart";
}

/* Slots that load_levels marked as taken hang on nodes. */
static const char *
load_copies(struct graph *g, struct reader *r, const struct index_header *h)
{
	uint32_t node;

	begin(r, h->section[INDEX_COPIES].bytes);
	for (uint32_t slot = 0; slot < h->slots; slot++) {
		if (!(graph_flags_get(g, slot) & GRAPH_TAKEN))
			continue;
		node = bytes_get32(take(r, 4));
		if (node == 0 || node > h->slots || !is_node(g, node - 1) ||
		    memcmp(store_row(g->store, node - 1), store_row(g->store, slot),
		        g->store->stride) != 0)
			return "a copy has no node";
		atomic_fetch_and(graph_flags(g, slot), (unsigned char)~GRAPH_TAKEN);
		graph_copy_add(g, node - 1, slot);
	}
	return end(r, h, INDEX_COPIES) ? NULL : "its copies are damaged";
}

static const char *
load_entry(struct graph *g, const struct index_header *h)
{
	uint32_t highest = 0, level;

	for (uint32_t slot = 0; slot < h->slots; slot++) {
		if (is_node(g, slot) && (level = graph_level(g, slot)) > highest)
			highest = level;
	}
	if (h->entry == 0)
		return NULL;
	if (!is_node(g, h->entry - 1) || graph_level(g, h->entry - 1) != highest)
		return "its entry point is wrong";
	g->nodes = h->nodes;
	g->changes = 0;
	graph_entry_set(g, h->entry - 1, highest);
	return NULL;
}

static const char *
load(struct graph *g, struct reader *r, uint64_t identity, uint64_t generation, uint32_t slots)
{
	unsigned char bytes[INDEX_HEADER];
	struct index_header h;
	const char *why;
	struct stat st;

	if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "it is not a file";
	if (st.st_size < INDEX_HEADER || io_read(r->fd, bytes, sizeof(bytes), 0) != 0)
		return "it cannot be read";
	if (!index_header_get(bytes, &h, &why) ||
	    (why = check_header(g, &h, identity, generation, slots)) != NULL)
		return why;
	if (!lengths_match(g, &h, (uint64_t)st.st_size))
		return "its length is wrong";
	r->at = INDEX_HEADER;
	if ((why = load_levels(g, r, &h)) != NULL ||
	    (why = load_lists(g, r, &h)) != NULL || (why = load_copies(g, r, &h)) != NULL ||
	    (why = load_entry(g, &h)) != NULL)
		return why;
	return NULL;
}

bool
index_load(struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots,
    const char **why)
{
	struct reader r = { .buffer = io.calloc(1, BUFFER) };

	*why = "no memory to read it";
	if (!r.buffer)
		return false;
	r.fd = io.openat(dir, INDEX_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (r.fd < 0) {
		*why = errno == ENOENT ? NULL : "it cannot be opened";
		free(r.buffer);
		return false;
	}
	if ((*why = load(g, &r, identity, generation, slots)) != NULL)
		graph_wipe(g, slots);
	close(r.fd);
	free(r.buffer);
	return *why == NULL;
}
