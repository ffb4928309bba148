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
#include "index_read.h"
#include "io.h"

/* What is read, and by whom. */
struct loading {
	struct graph *g;
	struct index_header h;
	struct crew *crew;
	struct index_reader r;
	uint64_t at[INDEX_NSECTIONS];	/* where each section begins */
	unsigned char *levels;		/* the section of that name */
	uint32_t *nodes;		/* in each segment */
	uint64_t balance;		/* of links and their counterparts */
};

static void
begin(struct loading *l, enum index_section section)
{
	index_reader_begin(&l->r, l->at[section], l->h.section[section].bytes);
}

/* The section was read whole and is what was written. */
static bool
end(const struct loading *l, enum index_section section)
{
	return index_reader_end(&l->r) && l->r.crc == l->h.section[section].crc;
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

/* Which slots are nodes; their upper lists, for which `upper` lists are announced. */
static const char *
load_levels(struct loading *l)
{
	struct graph *g = l->g;
	uint64_t upper = l->h.section[INDEX_UPPER].bytes / (g->M * sizeof(graph_link)), seen = 0;
	uint32_t nodes = 0, level;

	begin(l, INDEX_LEVELS);
	for (uint32_t slot = 0; slot < l->h.slots; slot++) {
		level = l->levels[slot] = *index_reader_take(&l->r, 1);
		if (!index_is_node(l->levels, slot))
			continue;
		if (level - 1 != graph_level(g, slot))
			return "a level is wrong";
		nodes++;
		l->nodes[slot / GRAPH_SEGMENT]++;
		seen += level - 1;
		if (seen > upper || graph_upper_new(g, slot, level - 1, NULL) != 0)
			return "its upper lists do not fit";
	}
	if (!end(l, INDEX_LEVELS) || nodes != l->h.nodes || seen != upper)
		return "its levels are damaged";
	return NULL;
}

static const char *
load_lists(struct loading *l)
{
	struct graph *g = l->g;
	const char *why;
	uint32_t crc;

	why = index_base_load(g, l->r.fd, l->crew, l->at[INDEX_BASE], l->h.slots, l->levels,
	    l->nodes, &crc, &l->balance);
	if (why)
		return why;
	if (crc != l->h.section[INDEX_BASE].crc)
		return "its links are damaged";
	begin(l, INDEX_UPPER);
	for (uint32_t slot = 0; slot < l->h.slots; slot++) {
		for (uint32_t k = 1; index_is_node(l->levels, slot) && k < l->levels[slot]; k++) {
			if (!index_list_load(g, &l->r, slot, k, l->h.slots, l->levels, &l->balance))
				return "an upper link is wrong";
		}
	}
	if (!end(l, INDEX_UPPER))
		return "its upper links are damaged";
	return l->balance == 0 ? NULL : "a link has no counterpart";
}

/* Slots that are copies hang on nodes. */
static const char *
load_copies(struct loading *l)
{
	struct graph *g = l->g;
	uint32_t node;

	begin(l, INDEX_COPIES);
	for (uint32_t slot = 0; slot < l->h.slots; slot++) {
		if (l->levels[slot] != INDEX_COPY)
			continue;
		node = bytes_get32(index_reader_take(&l->r, 4));
		if (node == 0 || node > l->h.slots || !index_is_node(l->levels, node - 1) ||
		    memcmp(store_row(g->store, node - 1), store_row(g->store, slot),
		        g->store->stride) != 0)
			return "a copy has no node";
		graph_copy_add(g, node - 1, slot);
	}
	return end(l, INDEX_COPIES) ? NULL : "its copies are damaged";
}

static const char *
load_entry(struct loading *l)
{
	const struct index_header *h = &l->h;
	struct graph *g = l->g;
	uint32_t highest = 0;

	for (uint32_t slot = 0; slot < h->slots; slot++) {
		if (index_is_node(l->levels, slot) && l->levels[slot] - 1u > highest)
			highest = l->levels[slot] - 1u;
	}
	if (h->entry == 0)
		return NULL;
	if (!index_is_node(l->levels, h->entry - 1) || l->levels[h->entry - 1] - 1u != highest)
		return "its entry point is wrong";
	g->nodes = h->nodes;
	g->changes = 0;
	graph_entry_set(g, h->entry - 1, highest);
	return NULL;
}

/* The header of the file, as far as it can be of this collection.  NULL, or what is wrong with it. */
static const char *
read_header(const struct graph *g, int fd, uint64_t identity, uint64_t generation, uint32_t slots,
    struct index_header *h)
{
	unsigned char bytes[INDEX_HEADER];
	const char *why;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "it is not a file";
	if (st.st_size < INDEX_HEADER || io_read(fd, bytes, sizeof(bytes), 0) != 0)
		return "it cannot be read";
	if (!index_header_get(bytes, h, &why) ||
	    (why = check_header(g, h, identity, generation, slots)) != NULL)
		return why;
	return lengths_match(g, h, (uint64_t)st.st_size) ? NULL : "its length is wrong";
}

static int
open_index(int dir)
{
	return io.openat(dir, INDEX_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static const char *
load(struct loading *l, int fd)
{
	uint64_t at = INDEX_HEADER;
	const char *why;

	if (!index_reader_init(&l->r, fd) ||
	    !(l->levels = io.calloc(l->h.slots + 1ul, sizeof(*l->levels))) ||
	    !(l->nodes = io.calloc(l->h.slots / GRAPH_SEGMENT + 1ul, sizeof(*l->nodes))))
		return "no memory to read it";
	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		l->at[i] = at;
		at += l->h.section[i].bytes;
	}
	if ((why = load_levels(l)) != NULL || (why = load_lists(l)) != NULL ||
	    (why = load_copies(l)) != NULL)
		return why;
	return load_entry(l);
}

bool
index_load(struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots,
    struct crew *crew, const char **why)
{
	struct loading l = { .g = g, .crew = crew };
	int fd = open_index(dir);

	if (fd < 0) {
		*why = errno == ENOENT ? NULL : "it cannot be opened";
		return false;
	}
	*why = read_header(g, fd, identity, generation, slots, &l.h);
	if (*why == NULL && (*why = load(&l, fd)) != NULL)
		graph_wipe(g, slots);
	free(l.nodes);
	free(l.levels);
	index_reader_fini(&l.r);
	close(fd);
	return *why == NULL;
}

/* Each section is as long as the header says, and has its checksum. */
static const char *
check_sections(int fd, const struct index_header *h)
{
	struct index_reader r;
	uint64_t at = INDEX_HEADER;
	bool good;

	if (!(good = index_reader_init(&r, fd)))
		return "no memory to read it";
	for (int i = 0; good && i < INDEX_NSECTIONS; i++) {
		uint64_t left = h->section[i].bytes;

		index_reader_begin(&r, at, left);
		at += left;
		for (; left > 0 && !r.failed; left -= left < INDEX_TAKE_MAX ? left : INDEX_TAKE_MAX)
			(void)index_reader_take(&r, left < INDEX_TAKE_MAX ? (size_t)left : INDEX_TAKE_MAX);
		good = index_reader_end(&r) && r.crc == h->section[i].crc;
	}
	index_reader_fini(&r);
	return good ? NULL : "a checksum is not that of what it has";
}

const char *
index_check(const struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots)
{
	struct index_header h;
	const char *why;
	int fd = open_index(dir);

	if (fd < 0)
		return errno == ENOENT ? NULL : "it cannot be opened";
	if ((why = read_header(g, fd, identity, generation, slots, &h)) == NULL)
		why = check_sections(fd, &h);
	close(fd);
	return why;
}

uint32_t
index_covers(const struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots)
{
	struct index_header h;
	uint32_t covers = 0;
	int fd = open_index(dir);

	if (fd < 0)
		return 0;
	if (read_header(g, fd, identity, generation, slots, &h) == NULL)
		covers = h.slots;
	close(fd);
	return covers;
}
