/*
 * collection.c - from a name in a request to a collection.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "file.h"
#include "space.h"

void
collection_init(struct daemon *d, const struct meta_user *u, const char *name,
    struct meta_collection *c)
{
	memset(c, 0, sizeof(*c));
	c->user = u->id;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->metric, sizeof(c->metric), "%s", u->metric);
	snprintf(c->provider, sizeof(c->provider), "%s", d->settings->embedder);
	if (d->settings->embed_model != NULL)
		snprintf(c->model, sizeof(c->model), "%s", d->settings->embed_model);
	c->M = VEC_M_DEFAULT;
	c->ef_construction = VEC_EF_CONSTRUCTION_DEFAULT;
	c->created = daemon_now();
	file_random(&c->seed, sizeof(c->seed));
	file_random(&c->identity, sizeof(c->identity));
}

int
collection_choose(struct meta_collection *c, const char *embedder, struct err *err)
{
	size_t n = strcspn(embedder, "/");
	const char *model = embedder[n] == '/' ? embedder + n + 1 : "";

	if (n >= sizeof(c->provider) || strlen(model) >= sizeof(c->model))
		return err_set(err, EMBED_EINVAL, "there is no embedder \"%.80s\"", embedder);
	/* EMBED_MODEL is the model of EMBEDDER and of no other */
	if (embedder[n] == '/' || strncmp(c->provider, embedder, n) != 0 || c->provider[n] != '\0')
		snprintf(c->model, sizeof(c->model), "%s", model);
	snprintf(c->provider, sizeof(c->provider), "%.*s", (int)n, embedder);
	return 0;
}

int
collection_embedder(struct daemon *d, struct meta_collection *c, size_t dim, struct err *err)
{
	struct embed_config config = { .provider = c->provider,
		.model = c->model[0] != '\0' ? c->model : NULL,
		.dim = dim != 0 ? dim : d->settings->embed_dim, .folder = d->settings->data };
	const struct embed_identity *is;
	struct embedder *e = NULL;
	int rc;

	if ((rc = embedder_open(&config, &e, err)) != 0)
		return rc;
	is = embedder_identity(e);
	snprintf(c->model, sizeof(c->model), "%s", is->model);
	snprintf(c->version, sizeof(c->version), "%s", is->version);
	c->dim = is->dim;
	embedder_close(e);
	return 0;
}

int
collection_insert(struct daemon *d, struct meta_collection *c, struct err *err)
{
	struct meta_txn *t;
	int rc;

	if ((rc = meta_begin(d->meta, &t, err)) != 0)
		return rc;
	if ((rc = meta_collection_add(t, c, err)) != 0) {
		meta_rollback(t);
		return rc;
	}
	return meta_commit(t, err);
}

int
call_collection(struct call *c, json_t *args, struct meta_collection *info)
{
	const char *name = args_string(args, "collection");
	struct err err;
	int rc;

	if (name == NULL)
		name = c->user.collection;
	rc = meta_collection_find(c->d->meta, c->user.id, name, info, &err);
	if (rc == META_NONE && strcmp(name, "default") == 0) {
		collection_init(c->d, &c->user, name, info);
		if ((rc = collection_embedder(c->d, info, 0, &err)) != 0) {
			call_fail(c, call_code_embed(rc), "%s", err.text);
			return -1;
		}
		rc = collection_insert(c->d, info, &err);
		if (rc == META_EXISTS)		/* another call was quicker */
			rc = meta_collection_find(c->d->meta, c->user.id, name, info, &err);
	}
	if (rc == META_NONE) {
		call_fail(c, WIRE_NOT_FOUND, "no collection %s", name);
		return -1;
	}
	if (rc != 0) {
		call_fail_meta(c, rc, &err);
		return -1;
	}
	return 0;
}

int
call_space(struct call *c, json_t *args, struct space **out)
{
	struct meta_collection info;
	enum wire_code code;
	struct err err;
	int rc;

	*out = NULL;
	if (call_collection(c, args, &info) != 0)
		return -1;
	rc = spaces_hold(c->d->spaces, &info, out, &code, &err);
	if (rc == META_NONE)
		call_fail(c, WIRE_NOT_FOUND, "no collection %s", info.name);
	else if (rc != 0)
		call_fail(c, code, "%s", err.text);
	return rc == 0 ? 0 : -1;
}

void
call_release(struct call *c, struct space *s)
{
	if (s == NULL)
		return;
	c->stale = c->stale || atomic_load(&s->retired);
	spaces_release(c->d->spaces, s);
}

int
call_slot(struct call *c, const struct space *s, uint64_t id, uint32_t *slot)
{
	struct meta_item item = { 0 };
	struct err err;
	int rc = meta_item_by_id(c->d->meta, s->info.number, id, 0, &item, &err);

	if (rc == META_NONE)
		call_fail(c, WIRE_NOT_FOUND, "no vector %llu in collection %s", (unsigned long long)id,
		    s->info.name);
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	*slot = item.slot;
	meta_item_fini(&item);
	return rc == 0 ? 0 : -1;
}

int
call_bound(struct call *c, const struct space *s, size_t n)
{
	if (n <= WIRE_COMPONENTS_MAX / s->info.dim)
		return 0;
	call_fail(c, WIRE_TOO_LARGE, "%zu vectors of %u components are too many for one answer: at most"
	    " %u", n, (unsigned)s->info.dim, WIRE_COMPONENTS_MAX / (unsigned)s->info.dim);
	return -1;
}

json_t *
collection_json(const struct meta_collection *c)
{
	json_t *embedder = json_null();

	if (strcmp(c->provider, "none") != 0)
		embedder = json_pack("{s:s, s:s, s:s, s:i}", "provider", c->provider, "model",
		    c->model, "version", c->version, "dim", (int)c->dim);
	return json_pack("{s:s, s:I, s:s, s:i, s:I, s:o, s:i, s:i, s:I}", "name", c->name, "number",
	    (json_int_t)c->number, "metric", c->metric, "dim", (int)c->dim, "count",
	    (json_int_t)c->count, "embedder", embedder, "M", (int)c->M, "ef_construction",
	    (int)c->ef_construction, "created", (json_int_t)c->created);
}

enum wire_code
space_embed(struct daemon *d, const struct space *s, const struct embed_text *texts, size_t n,
    float *out, size_t *bad, struct err *err)
{
	uint64_t began;
	int rc;

	*bad = SIZE_MAX;
	if (s->embedder == NULL && strcmp(s->info.provider, "none") == 0) {
		err_set(err, -1, "collection %s takes vectors only", s->info.name);
		return WIRE_SPACE_MISMATCH;
	}
	if (s->embedder == NULL) {
		err_set(err, -1, "collection %s was embedded by %s/%s version %s, which this daemon does"
		    " not have", s->info.name, s->info.provider, s->info.model, s->info.version);
		return WIRE_SPACE_MISMATCH;
	}
	began = metrics_clock();
	rc = embedder_embed(s->embedder, texts, n, out, bad, err);
	metrics_time(&d->metrics.embed, began);
	atomic_fetch_add(&d->metrics.texts, n);
	if (rc == 0)
		return WIRE_OK;
	if (rc != EMBED_EINVAL)
		*bad = SIZE_MAX;
	return call_code_embed(rc);
}

bool
space_is_lexical(const struct space *s)
{
	return strcmp(s->info.provider, "local") == 0;
}
