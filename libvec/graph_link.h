/*
 * graph_link.h - choosing neighbours, and keeping lists short and reciprocal.
 */

#ifndef LIBVEC_GRAPH_LINK_H
#define LIBVEC_GRAPH_LINK_H

#include "graph_search.h"

/*
 * Algorithm 4: of the candidates in `from`, by their distance from one base, choose at most `m`
 * such that none is nearer to a chosen one than to the base; then fill up to `fill` with the
 * nearest of the others.  out->ids gets the chosen ones, out->distances theirs from the base;
 * `left`, when not NULL, gets the rest.
 */
void graph_select(const struct view *v, struct scratch *s, const struct pool *from, size_t m,
    size_t fill, struct selection *out, struct selection *left);

/* True when `list` of at most `max` links holds `slot`. */
bool graph_list_has(const graph_link *list, uint32_t max, uint32_t slot);

/* Write `sel` into a list that no other writer touches. */
void graph_list_write(graph_link *list, uint32_t max, const struct selection *sel);

/*
 * Make `node` link to `other`, which links to it already.  A list that is full is thinned; nodes
 * that it drops, `other` perhaps among them, are made to drop it too.  [change, shared]
 */
void graph_connect(const struct view *v, struct scratch *s, uint32_t node, uint32_t other,
    uint32_t level);

/* Make `node` forget `other`, when it links to it. */
void graph_detach(const struct graph *g, uint32_t node, uint32_t other, uint32_t level);

/*
 * Give `slot` links on `level`: search from `at`, choose, and write its own list.  Nobody links to
 * it before graph_join_back.  `t` is `slot`.  `at` moves to the nearest node found.  `s` was taken
 * for ef_construction.
 */
void graph_join(const struct view *v, struct scratch *s, const struct view_target *t,
    uint32_t slot, uint32_t level, struct graph_place *at);
void graph_join_back(const struct view *v, struct scratch *s, uint32_t slot, uint32_t level);

/* Some node that is on `level` or above and not `except`, the highest one; false: none. */
bool graph_any(const struct graph *g, uint32_t end, uint32_t level, uint32_t except,
    uint32_t *slot);

#endif
