/*
 * guard.h - who may be asking: Host against DNS rebinding, Origin against other people's pages.
 *
 * A page of a foreign site can make a browser send requests here, and a name of a foreign site can
 * be made to point here.  The first comes with a foreign Origin; the second with a foreign name in
 * Host. A numeric address in Host cannot have been rebound, so it is let in; names must be known.
 */

#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define GUARD_HOSTS_MAX 32

/* The headers that matter, borrowed; NULL when they did not come. */
struct head {
	const char *host;
	const char *origin;
	const char *authorization;
	const char *content_type;
	const char *content_length;
	const char *transfer_encoding;
	const char *accept;
	const char *expect;
	const char *request_id;
	const char *idempotency_key;
	bool twice;		/* one of them came twice */
};

struct guard {
	const char *hosts[GUARD_HOSTS_MAX];	/* names beside localhost; borrowed */
	size_t nhosts;
};

/* Let a name in; it is borrowed.  False: too many. */
bool guard_allow(struct guard *g, const char *host);

/* Take note of a header. */
void guard_header(struct head *h, const char *name, const char *value);

/* Is there one way only to read the length of the body? */
bool guard_trusts(const struct head *h);

/* Is the request to be served?  0, or the code of the error and the reason. */
int guard_check(const struct guard *g, const struct head *h, struct err *err);

#endif
