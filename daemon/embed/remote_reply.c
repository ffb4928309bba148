/*
 * remote_reply.c - what came back: vectors, or what to do instead.
 *
 *	200		vectors, checked and brought to unit length
 *	429		too many: remote_quota.c
 *	408, 5xx	perhaps later
 *	the rest	a setting is wrong: trying again would not help
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "num.h"
#include "remote.h"

#define WORDS_MAX 120		/* bytes of a service's own sentence that are passed on */
#define KEY_PART 6		/* so many characters of a key in a row are not */

/* --- vectors ----------------------------------------------------------------------------------- */

static int
bad(const struct remote *m, struct err *err, const char *what, size_t i)
{
	return err_set(err, EMBED_EUNAVAILABLE, "embedder %s answered with a vector (number %zu) that %s",
	    m->kind->provider, i, what);
}

/* Little-endian float32 in base64. */
static int
take_base64(const struct remote *m, const json_t *row, size_t i, float *out, size_t dim,
    struct err *err)
{
	size_t n = json_string_length(row), bytes = 0;
	unsigned char *raw = malloc(BASE64_BYTES(n) + 1);
	int rc = 0;

	if (raw == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory for an answer of embedder %s",
		    m->kind->provider);
	if (!base64_decode(json_string_value(row), n, raw, &bytes) || bytes != 4 * dim)
		rc = bad(m, err, "is not base64 of its components", i);
	for (size_t j = 0; rc == 0 && j < dim; j++) {
		uint32_t u = (uint32_t)raw[4 * j] | (uint32_t)raw[4 * j + 1] << 8 |
		    (uint32_t)raw[4 * j + 2] << 16 | (uint32_t)raw[4 * j + 3] << 24;

		memcpy(&out[j], &u, sizeof(u));
	}
	free(raw);
	return rc;
}

static int
take_array(const struct remote *m, const json_t *row, size_t i, float *out, struct err *err)
{
	const json_t *v;
	size_t j;

	json_array_foreach(row, j, v) {
		if (!json_is_number(v))
			return bad(m, err, "has a component that is not a number", i);
		out[j] = (float)json_number_value(v);
	}
	return 0;
}

/* To unit length; services differ in whether they do so. */
static int
normalise(const struct remote *m, size_t i, float *x, size_t dim, struct err *err)
{
	double sum = 0, length;

	for (size_t j = 0; j < dim; j++)
		sum += (double)x[j] * (double)x[j];
	if (!isfinite(sum))
		return bad(m, err, "has a component that is not finite", i);
	length = sqrt(sum);
	if (length < 1e-20)
		return bad(m, err, "is all zero", i);
	for (size_t j = 0; j < dim; j++)
		x[j] = (float)((double)x[j] / length);
	return 0;
}

static size_t
components(const json_t *row)
{
	return json_is_array(row) ? json_array_size(row) : BASE64_BYTES(json_string_length(row)) / 4;
}

static int
take_row(const struct remote *m, const json_t *row, size_t i, float *out, size_t dim, struct err *err)
{
	int rc;

	if (!json_is_array(row) && !json_is_string(row))
		return bad(m, err, "is missing", i);
	if (components(row) != dim)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s answered with %zu components where %zu"
		    " were expected: is EMBED_DIM right for model %s?", m->kind->provider,
		    components(row), dim, m->model);
	rc = json_is_array(row) ? take_array(m, row, i, out, err) :
				  take_base64(m, row, i, out, dim, err);
	return rc != 0 ? rc : normalise(m, i, out, dim, err);
}

static int
take_rows(const struct remote *m, const json_t *root, size_t n, float **rows, size_t *dim,
    struct err *err)
{
	float *x = NULL;
	int rc = 0;

	if (m->kind->nrows(root) != n)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s answered %zu texts with %zu vectors",
		    m->kind->provider, n, m->kind->nrows(root));
	*dim = m->dim != 0 ? m->dim : components(m->kind->row(root, 0, n));
	if (*dim == 0 || *dim > m->kind->dim_max)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s answered with %zu components",
		    m->kind->provider, *dim);
	if ((x = num_alloc(n * *dim, sizeof(*x))) == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory for %zu vectors", n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_row(m, m->kind->row(root, i, n), i, x + i * *dim, *dim, err);
	if (rc != 0) {
		free(x);
		return rc;
	}
	*rows = x;
	return 0;
}

/* --- errors ------------------------------------------------------------------------------------ */

int64_t
remote_wait(const struct embed_reply *r)
{
	if (r->retry_after < 0)
		return -1;
	return (r->retry_after < REMOTE_WAIT_MAX_S ? r->retry_after : REMOTE_WAIT_MAX_S) * 1000;
}

/* How many characters from `s` on are a part of the key? */
static size_t
key_part(const char *key, const char *s)
{
	size_t best = 0;

	for (const char *k = key; *k != '\0'; k++) {
		size_t n = 0;

		while (s[n] != '\0' && k[n] != '\0' && s[n] == k[n])
			n++;
		if (n > best)
			best = n;
	}
	return best;
}

void
remote_words(const struct remote *m, const json_t *root, char *out, size_t n)
{
	const json_t *error = json_object_get(root, "error");
	const json_t *message = json_is_string(error) ? error : json_object_get(error, "message");
	const char *s = json_string_value(message);
	size_t len = 0;

	if (s == NULL && json_is_string(json_object_get(root, "message")))
		s = json_string_value(json_object_get(root, "message"));
	while (s != NULL && *s != '\0' && len + 5 < n) {
		size_t hidden = m->key != NULL ? key_part(m->key, s) : 0;

		if (hidden >= KEY_PART || (hidden > 0 && hidden == strlen(m->key))) {
			len += (size_t)snprintf(out + len, n - len, "***");
			s += hidden;
			continue;
		}
		out[len++] = (unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e ? ' ' : *s;
		s++;
	}
	out[len] = '\0';
}

/* A setting is wrong; which, by the status. */
static int
refused(const struct remote *m, long status, const json_t *root, struct err *err)
{
	const char *who = m->kind->provider;
	char words[WORDS_MAX];

	/* a service tends to repeat the key it did not like, so its words are not passed on */
	if (status == 401 || status == 403)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s refused the key (status %ld): check"
		    " %s", who, status, m->kind->key_setting);
	if (status >= 300 && status < 400)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s is elsewhere (status %ld), and redirects"
		    " are not followed: check EMBED_BASE_URL", who, status);
	if (status == 404)
		return err_set(err, EMBED_EUNAVAILABLE, "embedder %s has no model %s, or is not there"
		    " (status 404): check EMBED_MODEL and EMBED_BASE_URL", who, m->model);
	remote_words(m, root, words, sizeof(words));
	return err_set(err, EMBED_EUNAVAILABLE, "embedder %s refused the request (status %ld%s%s): check"
	    " %s, EMBED_MODEL and EMBED_DIM", who, status, words[0] != '\0' ? ": " : "", words,
	    m->kind->key_setting);
}

int
remote_reply(const void *state, const struct embed_reply *r, size_t n, float **rows, size_t *dim,
    struct embed_again *again, struct err *err)
{
	const struct remote *m = state;
	json_t *root = json_loadb(r->body != NULL ? r->body : "", r->n, JSON_REJECT_DUPLICATES, NULL);
	int rc;

	*rows = NULL;
	*again = (struct embed_again){ .wait_ms = -1 };
	if (r->status == 429) {
		rc = remote_quota(m, r, root, again, err);
	} else if (r->status == 408 || r->status >= 500) {
		again->wait_ms = remote_wait(r);
		rc = err_set(err, EMBED_EAGAIN, "embedder %s cannot answer now (status %ld): try again later",
		    m->kind->provider, r->status);
	} else if (r->status != 200) {
		rc = refused(m, r->status, root, err);
	} else if (!json_is_object(root)) {
		rc = err_set(err, EMBED_EUNAVAILABLE, "embedder %s answered with what is not a JSON object"
		    " (%zu bytes): is EMBED_BASE_URL right?", m->kind->provider, r->n);
	} else {
		rc = take_rows(m, root, n, rows, dim, err);
	}
	json_decref(root);
	return rc;
}
