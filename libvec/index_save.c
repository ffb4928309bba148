/*
 * index_save.c - writing hnsw.index.
 *
 * The sections are written behind the place of the header, then the header with their lengths and
 * checksums, all into a temporary file that takes the name when it is on disk.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "error.h"
#include "graph_copy.h"
#include "index.h"
#include "io.h"

#define NAME_NEW INDEX_NAME ".new"
#define BUFFER 65536

struct writer {
	int fd;
	int no;			/* errno of the first write that failed; then nothing is written */
	uint64_t at;
	size_t n;
	unsigned char buffer[BUFFER];
	struct index_header header;
	enum index_section section;
	uint32_t *copies;	/* for each slot that is a copy its node, slot + 1 */
};

static void
flush(struct writer *w)
{
	if (w->n > 0 && w->no == 0)
		w->no = io_write(w->fd, w->buffer, w->n, w->at);
	w->header.section[w->section].crc =
	    vec_crc32c(w->header.section[w->section].crc, w->buffer, w->n);
	w->header.section[w->section].bytes += w->n;
	w->at += w->n;
	w->n = 0;
}

static void
begin(struct writer *w, enum index_section section)
{
	flush(w);
	w->section = section;
}

static void
put8(struct writer *w, unsigned char x)
{
	if (w->n == BUFFER)
		flush(w);
	w->buffer[w->n++] = x;
}

static void
put32(struct writer *w, uint32_t x)
{
	if (w->n + 4 > BUFFER)
		flush(w);
	bytes_put32(w->buffer + w->n, x);
	w->n += 4;
}

static void
put_list(struct writer *w, const struct graph *g, uint32_t slot, uint32_t level)
{
	const graph_link *list = graph_list(g, slot, level);

	for (uint32_t i = 0; i < graph_list_max(g, level); i++)
		put32(w, graph_link_get(list + i));
}

static bool
is_node(const struct graph *g, uint32_t slot)
{
	return graph_flags_get(g, slot) & GRAPH_LINKED;
}

/* Deleted copies are left out: they are in nobody's way. */
static bool
is_copy(const struct graph *g, uint32_t slot)
{
	return (graph_flags_get(g, slot) & (GRAPH_COPY | GRAPH_DEAD)) == GRAPH_COPY;
}

static void
put_levels(struct writer *w, const struct graph *g, uint32_t slots)
{
	for (uint32_t slot = 0; slot < slots; slot++) {
		if (is_node(g, slot))
			put8(w, (unsigned char)(graph_level(g, slot) + 1));
		else
			put8(w, w->copies[slot] != 0 ? INDEX_COPY : 0);
	}
}

static void
put_sections(struct writer *w, const struct graph *g, uint32_t slots)
{
	uint32_t slot;

	put_levels(w, g, slots);
	begin(w, INDEX_BASE);
	for (slot = 0; slot < slots; slot++) {
		if (is_node(g, slot))
			put_list(w, g, slot, 0);
	}
	begin(w, INDEX_UPPER);
	for (slot = 0; slot < slots; slot++) {
		for (uint32_t l = 1; is_node(g, slot) && l <= graph_level(g, slot); l++)
			put_list(w, g, slot, l);
	}
	begin(w, INDEX_COPIES);
	for (slot = 0; slot < slots; slot++) {
		if (w->copies[slot] != 0)
			put32(w, w->copies[slot]);
	}
	flush(w);
}

/* Chains go from nodes to copies; the file has it the other way. */
static void
find_copies(struct writer *w, const struct graph *g, uint32_t slots)
{
	for (uint32_t node = 0; node < slots; node++) {
		uint32_t slot = node, link;

		while (is_node(g, node) && (link = atomic_load(graph_copy(g, slot))) != 0) {
			slot = link - 1;
			if (is_copy(g, slot))
				w->copies[slot] = node + 1;
		}
	}
}

static void
fill_header(struct index_header *h, const struct graph *g, uint64_t identity, uint64_t generation,
    uint32_t slots)
{
	uint32_t entry, top;

	*h = (struct index_header){ .metric = g->metric, .dim = (uint32_t)g->store->dim, .M = g->M,
		.ef_construction = g->ef_construction, .identity = identity,
		.generation = generation, .seed = g->seed, .slots = slots, .nodes = g->nodes };
	h->entry = graph_entry(g, &entry, &top) ? entry + 1 : 0;
}

/* Write all to w->fd and have it on disk.  0 or the errno. */
static int
write_file(struct writer *w, const struct graph *g, uint32_t slots)
{
	unsigned char header[INDEX_HEADER];

	w->at = INDEX_HEADER;
	put_sections(w, g, slots);
	index_header_put(header, &w->header);
	if (w->no == 0)
		w->no = io_write(w->fd, header, sizeof(header), 0);
	if (w->no == 0 && io.fsync(w->fd) != 0)
		w->no = errno;
	return w->no;
}

int
index_save(const struct graph *g, int dir, uint64_t identity, uint64_t generation, uint32_t slots,
    struct vec_error *err)
{
	struct writer *w = io.calloc(1, sizeof(*w));
	int rc = 0, no;

	if (!w || !(w->copies = io_pages((slots + 1ul) * sizeof(*w->copies)))) {
		free(w);
		return error_set(err, VEC_ENOMEM, "no memory to write " INDEX_NAME);
	}
	find_copies(w, g, slots);
	fill_header(&w->header, g, identity, generation, slots);
	w->fd = io.openat(dir, NAME_NEW, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->fd < 0) {
		rc = error_sys(err, 0, errno, "cannot make " NAME_NEW);
		goto out;
	}
	if ((no = write_file(w, g, slots)) != 0)
		rc = error_sys(err, 0, no, "cannot write " NAME_NEW);
	else if (io.renameat(dir, NAME_NEW, dir, INDEX_NAME) != 0 || io.fsync(dir) != 0)
		rc = error_sys(err, 0, errno, "cannot rename " NAME_NEW);
	if (rc != 0)
		(void)io.unlinkat(dir, NAME_NEW, 0);
	close(w->fd);
out:
	io_pages_free(w->copies, (slots + 1ul) * sizeof(*w->copies));
	free(w);
	return rc;
}
