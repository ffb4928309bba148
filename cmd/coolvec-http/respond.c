/*
 * respond.c - an answer with its headers.
 *
 * Answers belong to who asked: nothing is stored on the way, framed, sniffed, or run.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "metrics.h"
#include "worker.h"

static const char *const always[][2] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Cache-Control", "no-store" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Frame-Options", "DENY" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

#define POLICY "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

static void
add_headers(struct MHD_Response *r, const struct exchange *x)
{
	const struct answer *a = &x->answer;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		MHD_add_response_header(r, always[i][0], always[i][1]);
	MHD_add_response_header(r, "Content-Security-Policy",
	    a->page ? POLICY "; style-src 'unsafe-inline'" : POLICY);
	MHD_add_response_header(r, "X-Request-Id", x->id);
	if (a->type != NULL)
		MHD_add_response_header(r, "Content-Type", a->type);
	if (a->allow[0] != '\0')
		MHD_add_response_header(r, "Allow", a->allow);
	if (a->status == 401)
		MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
	if (a->status == 503 || a->status == 429)
		MHD_add_response_header(r, "Retry-After", "1");
	if (a->hang_up)
		MHD_add_response_header(r, "Connection", "close");
}

/* Never the path as it was asked, whose query may hold anything: the route's. */
static void
note(const struct exchange *x)
{
	struct timespec t;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec - x->began;
	metrics_request(x->route, x->code, ns);
	log_line(x->answer.status >= 500 ? LOG_WARN : LOG_DEBUG, "%s %s %d %s %.3f ms %s",
	    x->method, x->route != NULL ? x->route->path : "-", x->answer.status,
	    x->code != 0 ? problem_name(x->code) : "ok", (double)ns / 1e6, x->id);
}

enum MHD_Result
respond(struct MHD_Connection *c, struct exchange *x)
{
	struct answer *a = &x->answer;
	struct MHD_Response *r;
	enum MHD_Result rc;

	if (a->fixed || a->body == NULL) {
		r = MHD_create_response_from_buffer(a->n, a->body, MHD_RESPMEM_PERSISTENT);
	} else {
		r = MHD_create_response_from_buffer_with_free_callback(a->n, a->body, free);
		if (r != NULL)
			a->body = NULL;		/* the response's now */
	}
	if (r == NULL)
		return MHD_NO;
	add_headers(r, x);
	note(x);
	rc = MHD_queue_response(c, (unsigned)a->status, r);
	MHD_destroy_response(r);
	return rc;
}
