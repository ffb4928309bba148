/*
 * fetch.h - HTTP requests on the loop.
 *
 * libcurl does HTTP and TLS, libuv says when a socket is ready, and nobody waits.  Only https, and
 * http where the caller says so; no redirects, no cookies, no .netrc.  All on the loop's thread.
 */

#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "buf.h"
#include "err.h"

struct fetcher;

struct fetch_options {
	const char *ca_file;	/* certificates to trust instead of the system's, or NULL; borrowed */
	long timeout_ms;	/* of a whole request */
	long connect_ms;	/* of that, to get through to the server */
};

struct fetch {
	/* the caller's, before */
	const char *url;	/* borrowed till the end, like header and body */
	char *const *header;	/* "Name: value"; NULL: none */
	size_t nheaders;
	const char *body;
	size_t nbody;
	void (*done)(struct fetch *f);	/* on the loop, once, unless it was cancelled */
	void *arg;

	/* after */
	int rc;			/* 0: there is an answer; -1: there is none, and `err` says why */
	struct err err;		/* "cannot be reached: ..."; the caller says who */
	long status;
	int64_t retry_after;	/* seconds; -1: not said */
	struct buf answer;	/* .max set by the caller; to be finished by it */

	struct fetch_state *state;	/* fetch.c's */
};

/* NULL: no memory. */
struct fetcher *fetcher_new(uv_loop_t *loop, const struct fetch_options *o);

/* Nothing is under way any more.  Memory goes when the loop has closed the handles.  NULL is fine. */
void fetcher_free(struct fetcher *fr);

/* POST.  0, or -1: no memory, and `done` will not be called. */
int fetch_start(struct fetcher *fr, struct fetch *f);

/* End one that is under way; `done` will not be called. */
void fetch_cancel(struct fetch *f);

#endif
