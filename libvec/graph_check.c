/*
 * graph_check.c - does the graph keep its own rules?  Shipped, and called by the tests after every
 * step.
 */

#include <inttypes.h>

#include "error.h"
#include "graph_copy.h"
#include "graph_link.h"
#include "io.h"

static int
broken(struct vec_error *err, uint32_t slot, uint32_t level, const char *what, uint32_t other)
{
	return error_set(err, VEC_ECORRUPT,
	    "graph: slot %" PRIu32 " on level %" PRIu32 " %s %" PRIu32, slot, level, what, other);
}

/* One link of a list; those before it are right. */
static int
check_link(const struct graph *g, uint32_t end, uint32_t slot, uint32_t level,
    const graph_link *list, uint32_t i, struct vec_error *err)
{
	uint32_t to = graph_link_get(list + i) - 1;

	if (to >= end)
		return broken(err, slot, level, "links past the end, to", to);
	if (to == slot)
		return broken(err, slot, level, "links to itself,", to);
	if (!(graph_flags_get(g, to) & GRAPH_LINKED))
		return broken(err, slot, level, "links to one that is no node,", to);
	if (graph_level(g, to) < level)
		return broken(err, slot, level, "links to one that is not on the level,", to);
	if (graph_list_has(list, i, to))
		return broken(err, slot, level, "links twice to", to);
	if (!graph_list_has(graph_list(g, to, level), graph_list_max(g, level), slot))
		return broken(err, slot, level, "is not linked back from", to);
	return 0;
}

static int
check_list(const struct graph *g, uint32_t end, uint32_t slot, uint32_t level,
    struct vec_check_report *r, struct vec_error *err)
{
	const graph_link *list = graph_list(g, slot, level);
	uint32_t max = graph_list_max(g, level), n = graph_count(list, max);
	int rc;

	for (uint32_t i = n; i < max; i++) {
		if (graph_link_get(list + i) != 0)
			return broken(err, slot, level, "has a hole in its list at", n);
	}
	for (uint32_t i = 0; i < n; i++) {
		if ((rc = check_link(g, end, slot, level, list, i, err)) != 0)
			return rc;
	}
	r->links += n;
	return 0;
}

/*
 * The copies of a node: each equals it, is marked as one, and belongs to nobody else.  Those that are
 * deleted stay until the node goes, and what stands in a deleted slot is nobody's business: it may have
 * been deleted for being damaged.
 */
static int
check_copies(const struct graph *g, uint32_t end, uint32_t node, uint64_t *copies,
    struct vec_error *err)
{
	uint32_t link, slot = node;

	while ((link = atomic_load(graph_copy(g, slot))) != 0) {
		slot = link - 1;
		if (slot >= end || !(graph_flags_get(g, slot) & GRAPH_COPY) ||
		    graph_flags_get(g, slot) & GRAPH_LINKED)
			return broken(err, node, 0, "has a copy that is none,", slot);
		if (!((graph_flags_get(g, node) | graph_flags_get(g, slot)) & GRAPH_DEAD) &&
		    memcmp(store_row(g->store, node), store_row(g->store, slot),
		        g->store->stride) != 0)
			return broken(err, node, 0, "does not equal its copy", slot);
		if (++*copies > end)
			return broken(err, node, 0, "has copies in a circle, at", slot);
	}
	return 0;
}

static int
check_entry(const struct graph *g, uint32_t nodes, uint32_t highest, struct vec_error *err)
{
	uint32_t entry, top;

	if (!graph_entry(g, &entry, &top))
		return nodes == 0 ? 0 : error_set(err, VEC_ECORRUPT,
		                            "graph: %" PRIu32 " nodes and no entry point", nodes);
	if (!(graph_flags_get(g, entry) & GRAPH_LINKED) || graph_level(g, entry) != top)
		return broken(err, entry, top, "is the entry point and no node, level", top);
	if (top != highest)
		return broken(err, entry, top, "is the entry point below level", highest);
	return 0;
}

/* Mark in `seen` what a walk on level 0 reaches.  `queue` has room for every node. */
static void
flood(const struct graph *g, uint32_t start, unsigned char *seen, uint32_t *queue)
{
	uint32_t max = graph_list_max(g, 0), head = 0, tail = 0, link;

	queue[tail++] = start;
	seen[start] = 1;
	while (head < tail) {
		const graph_link *list = graph_list(g, queue[head++], 0);

		for (uint32_t i = 0; i < max && (link = graph_link_get(list + i)) != 0; i++) {
			if (!seen[link - 1]) {
				seen[link - 1] = 1;
				queue[tail++] = link - 1;
			}
		}
	}
}

static int
count_unreachable(const struct graph *g, uint32_t end, struct vec_check_report *r,
    struct vec_error *err)
{
	unsigned char *seen = io_pages(end + 1u);
	uint32_t *queue = io_pages((end + 1u) * sizeof(*queue)), entry, top;
	int rc = 0;

	if (!seen || !queue) {
		rc = error_set(err, VEC_ENOMEM, "no memory to walk over %" PRIu32 " slots", end);
		goto out;
	}
	if (graph_entry(g, &entry, &top))
		flood(g, entry, seen, queue);
	for (uint32_t slot = 0; slot < end; slot++) {
		unsigned flags = graph_flags_get(g, slot);

		if (flags & GRAPH_LINKED && !(flags & GRAPH_DEAD) && !seen[slot])
			r->unreachable++;
	}
out:
	io_pages_free(queue, (end + 1u) * sizeof(*queue));
	io_pages_free(seen, end + 1u);
	return rc;
}

/* One slot: a node with all its lists and copies, or not. */
static int
check_slot(const struct graph *g, uint32_t end, uint32_t slot, struct vec_check_report *r,
    uint64_t *copies, struct vec_error *err)
{
	int rc;

	if (!(graph_flags_get(g, slot) & GRAPH_LINKED))
		return 0;
	r->nodes++;
	for (uint32_t l = 0; l <= graph_level(g, slot); l++) {
		if ((rc = check_list(g, end, slot, l, r, err)) != 0)
			return rc;
	}
	return check_copies(g, end, slot, copies, err);
}

int
graph_check(struct graph *g, uint32_t end, struct vec_check_report *r, struct vec_error *err)
{
	uint32_t highest = 0, marked = 0;
	uint64_t copies = 0;
	int rc;

	*r = (struct vec_check_report){ 0 };
	for (uint32_t slot = 0; slot < end; slot++) {
		unsigned flags = graph_flags_get(g, slot);

		if ((rc = check_slot(g, end, slot, r, &copies, err)) != 0)
			return rc;
		if (flags & GRAPH_LINKED && graph_level(g, slot) > highest)
			highest = graph_level(g, slot);
		marked += (flags & GRAPH_COPY) != 0;
	}
	if (r->nodes != g->nodes || copies != marked)
		return error_set(err, VEC_ECORRUPT,
		    "graph: %" PRIu64 " nodes counted as %" PRIu32 ", %" PRIu64
		    " copies as %" PRIu32, r->nodes, g->nodes, copies, marked);
	if ((rc = check_entry(g, g->nodes, highest, err)) != 0)
		return rc;
	return count_unreachable(g, end, r, err);
}
