/*
 * target.h - the request target: a path in segments, and a query.
 */

#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"
#include "route.h"

struct target {
	char *copy;			/* what everything below points into */
	const char *segments[ROUTE_SEGMENTS];
	size_t nsegments;		/* 0: more than any route has */
	bool asterisk;			/* the target of OPTIONS * */
	struct fields query;
};

/*
 * Take `uri` apart.  A segment is decoded after the path was split, so that %2F divides nothing.
 * 0; -1 and the reason when it is not a path; -2 without memory.  End it with target_fini in any
 * case.
 */
int target_parse(const char *uri, struct target *t, struct err *err);
void target_fini(struct target *t);

#endif
