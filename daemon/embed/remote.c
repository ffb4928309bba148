/*
 * remote.c - an embedder that asks a service: its settings, and the requests it makes.
 *
 * The identity's version is "1", with a "d" when the request says how many components are wanted (a
 * model may give others when it is not asked), and with a hash of the prefixes when there are any:
 * each of these makes another space.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "remote.h"

#define VERSION 1
#define BYTES_MAX ((size_t)1 << 20)	/* of the texts of one request, when it has more than one */
/* Components in one answer: written one a line with an indent of 8, as Gemini does, 7 MiB. */
#define COMPONENTS_MAX 320000

static bool
starts(const char *s, const char *with, const char **rest)
{
	size_t n = strlen(with);

	if (strncasecmp(s, with, n) != 0)
		return false;
	*rest = s + n;
	return true;
}

/* "127.1.2.3", "localhost" or "[::1]", then a port, a path or nothing. */
static bool
is_loopback(const char *host)
{
	size_t n = strcspn(host, host[0] == '[' ? "]" : ":/");
	size_t digits = strspn(host, "0123456789.");

	if (host[0] == '[')
		return strncmp(host, "[::1]", 5) == 0 && strchr(":/", host[5]) != NULL;
	if (n == 9 && strncasecmp(host, "localhost", 9) == 0)
		return true;
	return n == digits && strncmp(host, "127.", 4) == 0;
}

int
remote_check_url(const char *url, struct err *err)
{
	const char *rest;
	bool secure = starts(url, "https://", &rest);

	if (!secure && !starts(url, "http://", &rest))
		return err_set(err, EMBED_EINVAL, "EMBED_BASE_URL begins neither with https:// nor with"
		    " http://");
	if (strpbrk(url, "@?#\\ \t\r\n") != NULL)
		return err_set(err, EMBED_EINVAL, "EMBED_BASE_URL may hold no user, query, fragment or"
		    " blank: keys go into a setting of their own");
	if (rest[0] == '\0' || rest[0] == '/' || rest[0] == ':')
		return err_set(err, EMBED_EINVAL, "EMBED_BASE_URL names no host");
	if (!secure && !is_loopback(rest))
		return err_set(err, EMBED_EINVAL, "EMBED_BASE_URL is http to another machine, which"
		    " would show it keys and texts: use https, or a tunnel from the loopback");
	return 0;
}

/* FNV-1a over both, each with its end. */
static uint32_t
hash_prefixes(const struct remote *m)
{
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < 2; i++)
		for (const char *s = m->prefix[i];; s++) {
			h = (h ^ (unsigned char)*s) * 0x01000193u;
			if (*s == '\0')
				break;
		}
	return h;
}

static void
name_version(const struct remote *m, char *out, size_t n)
{
	const char *asked = m->ask_dim && m->kind->others ? "d" : "";

	if (m->prefix[0][0] == '\0' && m->prefix[1][0] == '\0')
		snprintf(out, n, "%d%s", VERSION, asked);
	else
		snprintf(out, n, "%d%s-%08x", VERSION, asked, (unsigned)hash_prefixes(m));
}

static int
check(const struct remote_kind *k, const struct embed_config *c, const char *model, struct err *err)
{
	if (c->service.base_url != NULL && remote_check_url(c->service.base_url, err) != 0)
		return EMBED_EINVAL;
	if (model == NULL)
		return err_set(err, EMBED_EINVAL, "embedder %s needs a model: set EMBED_MODEL", k->provider);
	if (strlen(model) >= sizeof(((struct embed_identity *)0)->model))
		return err_set(err, EMBED_EINVAL, "the name of the model of embedder %s is too long",
		    k->provider);
	for (const char *s = model; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return err_set(err, EMBED_EINVAL, "the name of the model of embedder %s has a"
			    " character that is not ASCII, or a blank", k->provider);
	if (c->dim > k->dim_max)
		return err_set(err, EMBED_EINVAL, "embedder %s has dimensions 1 to %zu, not %zu",
		    k->provider, k->dim_max, c->dim);
	for (const char *s = c->service.key; s != NULL && *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return err_set(err, EMBED_EINVAL, "%s has a character that no key has",
			    k->key_setting);
	return 0;
}

static int
fill(struct remote *m, const struct embed_config *c)
{
	const char *base = c->service.base_url != NULL ? c->service.base_url : m->kind->base;
	size_t n = strlen(base);

	while (n > 0 && base[n - 1] == '/')
		n--;
	m->own = c->service.base_url == NULL;
	m->base = strndup(base, n);
	if (c->service.key != NULL && (m->key = strdup(c->service.key)) == NULL)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		const char *s = c->service.prefix[i];

		if (m->prefix[i] != NULL && s == NULL)
			continue;	/* the model's own */
		free(m->prefix[i]);
		if ((m->prefix[i] = strdup(s != NULL ? s : "")) == NULL)
			return -1;
	}
	return m->base != NULL ? 0 : -1;
}

int
remote_open(const struct remote_kind *k, const struct embed_config *c, struct embed_identity *id,
    void **state, struct err *err)
{
	const char *model = c->model != NULL ? c->model :
	    c->service.base_url == NULL || !k->others ? k->model : NULL;
	struct remote *m = NULL;
	int rc;

	if ((rc = check(k, c, model, err)) != 0)
		goto out;
	if ((m = calloc(1, sizeof(*m))) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for embedder %s", k->provider);
		goto out;
	}
	m->kind = k;
	m->dim = (uint32_t)c->dim;
	snprintf(m->model, sizeof(m->model), "%s", model);
	if ((rc = k->model_init(m, c, err)) != 0)
		goto out;
	if (fill(m, c) != 0) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for embedder %s", k->provider);
		goto out;
	}
	id->dim = m->dim;
	snprintf(id->model, sizeof(id->model), "%s", m->model);
	name_version(m, id->version, sizeof(id->version));
	*state = m;
	m = NULL;		/* now the embedder's */
out:
	remote_close(m);
	return rc;
}

void
remote_close(void *state)
{
	struct remote *m = state;

	if (m == NULL)
		return;
	if (m->key != NULL)
		file_forget(m->key, strlen(m->key));
	free(m->key);
	free(m->base);
	free(m->prefix[0]);
	free(m->prefix[1]);
	free(m);
}

int
remote_ready(const void *state, struct err *err)
{
	const struct remote *m = state;

	/* Google's way wants its key wherever it is; other servers of OpenAI's way may want none */
	if (m->key != NULL || (!m->own && m->kind->others))
		return 0;
	return err_set(err, EMBED_EUNAVAILABLE, "embedder %s has no key: set %s and start coolvecd again",
	    m->kind->provider, m->kind->key_setting);
}

size_t
remote_batch(const void *state, const struct embed_text *texts, size_t n)
{
	const struct remote *m = state;
	size_t most = m->kind->texts_max, bytes = 0, i;

	if (m->dim > 0 && most > COMPONENTS_MAX / m->dim)
		most = COMPONENTS_MAX / m->dim;
	for (i = 0; i < n && i < most; i++) {
		bytes += texts[i].len;
		if (i > 0 && bytes > BYTES_MAX)
			break;
	}
	return i;
}

json_t *
remote_text(const struct remote *m, enum embed_purpose purpose, const struct embed_text *t)
{
	const char *prefix = m->prefix[purpose];
	struct buf b = { 0 };
	json_t *string = NULL;

	if (prefix[0] == '\0')
		return json_stringn(t->p, t->len);
	if (buf_puts(&b, prefix) && buf_put(&b, t->p, t->len))
		string = json_stringn(b.p, b.len);
	buf_fini(&b);
	return string;
}

static int
put_json(const char *p, size_t n, void *arg)
{
	return buf_put(arg, p, n) ? 0 : -1;
}

static char *
concat(const char *a, const char *b)
{
	char *s;

	return asprintf(&s, "%s%s", a, b) < 0 ? NULL : s;
}

int
remote_request(const void *state, enum embed_purpose purpose, const struct embed_text *texts, size_t n,
    struct embed_request *out, struct err *err)
{
	const struct remote *m = state;
	json_t *body = NULL;
	char *path = NULL;
	int rc;

	*out = (struct embed_request){ 0 };
	if ((rc = remote_ready(m, err)) != 0)
		return rc;
	rc = EMBED_ENOMEM;
	if ((path = m->kind->path(m, n)) == NULL || (out->url = concat(m->base, path)) == NULL ||
	    (out->header[0] = strdup("Content-Type: application/json")) == NULL ||
	    (m->key != NULL && (out->header[1] = concat(m->kind->key_header, m->key)) == NULL) ||
	    (body = m->kind->body(m, purpose, texts, n)) == NULL ||
	    json_dump_callback(body, put_json, &out->body, JSON_COMPACT) != 0) {
		err_set(err, rc, "no memory for a request to embedder %s, or a text or prefix is not UTF-8",
		    m->kind->provider);
		goto out;
	}
	rc = 0;
out:
	json_decref(body);
	free(path);
	return rc;
}
