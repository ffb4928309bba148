/*
 * exact.h - search without a graph: every admitted slot is looked at.
 */

#ifndef LIBVEC_EXACT_H
#define LIBVEC_EXACT_H

#include "filter.h"
#include "pool.h"
#include "view.h"

/*
 * Put the slots in [from, to) that `f` admits into `pool`, by their distance from `q`, which comes
 * from view_query.  All are below v->capacity.
 */
void exact_scan(const struct view *v, const float *q, const struct filter *f, uint32_t from,
    uint32_t to, struct pool *pool);

#endif
