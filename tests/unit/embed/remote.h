/*
 * remote.h - what the tests of remote embedders share: one opened, a request as JSON, an answer.
 */

#ifndef TEST_REMOTE_H
#define TEST_REMOTE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

#define KEY "AIzaSyD-0123456789abcdefghijklmnopqrstu"

static inline struct embedder *
remote_new(const char *provider, const char *model, size_t dim, const char *base)
{
	struct embed_config c = { .provider = provider, .model = model, .dim = dim,
		.service = { .base_url = base, .key = KEY } };
	struct embedder *e;
	struct err err;

	if (embedder_open(&c, &e, &err) != 0)
		fail_msg("%s", err.text);
	return e;
}

/* The body of the request for these texts; *url is what it goes to (to be freed). */
static inline json_t *
request_json(const struct embedder *e, enum embed_purpose purpose, const char *const *texts, size_t n,
    char **url)
{
	struct embed_text t[128];
	struct embed_request r;
	struct err err;
	json_t *body;

	for (size_t i = 0; i < n; i++)
		t[i] = (struct embed_text){ texts[i], strlen(texts[i]) };
	if (embedder_request(e, purpose, t, n, &r, &err) != 0)
		fail_msg("%s", err.text);
	body = json_loadb(r.body.p, r.body.len, 0, NULL);
	assert_non_null(body);
	if (url != NULL)
		*url = strdup(r.url);
	embed_request_fini(&r);
	return body;
}

struct got {
	int rc;
	float *rows;
	size_t dim;
	struct embed_again again;
	struct err err;
};

static inline struct got
reply(const struct embedder *e, long status, int64_t retry_after, const char *body, size_t n)
{
	struct embed_reply r = { status, retry_after, body, strlen(body) };
	struct got g = { 0 };

	g.rc = embedder_reply(e, &r, n, &g.rows, &g.dim, &g.again, &g.err);
	return g;
}

#endif
