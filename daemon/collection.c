/*
 * collection.c - from a name in a request to a collection.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "embedding.h"
#include "file.h"
#include "space.h"
#include "space_open.h"

void
collection_init(struct daemon *d, const struct meta_user *u, const char *name,
    struct meta_collection *c)
{
	memset(c, 0, sizeof(*c));
	c->user = u->id;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->metric, sizeof(c->metric), "%s", u->metric);
	snprintf(c->provider, sizeof(c->provider), "%s", d->settings->embedder);
	c->ef_construction = VEC_EF_CONSTRUCTION_DEFAULT;
	c->created = daemon_now();
	file_random(&c->seed, sizeof(c->seed));
	file_random(&c->identity, sizeof(c->identity));
}

/*
 * A service that chooses the dim itself is asked once: its first answer tells.  The question is asked
 * again for each collection, as the model behind a name may have changed.
 */
static enum wire_code
ask_dim(struct call *c, struct embedder *e, uint32_t *dim, struct err *err)
{
	static const struct embed_text probe = { "dimensions", 10 };
	struct embed_key key;
	int rc;

	embed_key(e, EMBED_DOCUMENT, &probe, &key);
	for (const struct embed_job *job = c->embedded; job != NULL; job = job->next)
		if (embed_job_find(job, &key) != SIZE_MAX) {
			*dim = (uint32_t)job->dim;
			return WIRE_OK;
		}
	if ((rc = embedder_ready(e, err)) != 0)
		return call_code_embed(rc);
	if ((c->wants = embed_job_new(e, EMBED_DOCUMENT, 1)) == NULL ||
	    embed_job_add(c->wants, &probe, &key) != 0) {
		call_embed_forget(c);
		err_set(err, -1, "no memory to ask for the dim");
		return WIRE_INTERNAL;
	}
	return SPACE_LATER;
}

int
collection_choose(struct meta_collection *c, const char *embedder, struct err *err)
{
	size_t n = strcspn(embedder, "/");
	const char *model = embedder[n] == '/' ? embedder + n + 1 : "";

	if (n >= sizeof(c->provider) || strlen(model) >= sizeof(c->model))
		return err_set(err, EMBED_EINVAL, "there is no embedder \"%.80s\"", embedder);
	snprintf(c->model, sizeof(c->model), "%s", model);
	snprintf(c->provider, sizeof(c->provider), "%.*s", (int)n, embedder);
	return 0;
}

enum wire_code
collection_embedder(struct call *c, struct meta_collection *info, size_t dim, struct err *err)
{
	const struct embed_identity *is;
	enum wire_code code = WIRE_OK;
	struct embed_config config;
	struct embedder *e = NULL;
	int rc;

	settings_embed(c->d->settings, info->provider, &config);
	if (info->model[0] != '\0')
		config.model = info->model;
	if (dim != 0)
		config.dim = dim;
	if ((rc = embedder_open(&config, &e, err)) != 0)
		return call_code_embed(rc);
	is = embedder_identity(e);
	snprintf(info->model, sizeof(info->model), "%s", is->model);
	snprintf(info->version, sizeof(info->version), "%s", is->version);
	info->dim = is->dim;
	if (info->dim == 0)
		code = ask_dim(c, e, &info->dim, err);
	else if ((rc = embedder_ready(e, err)) != 0)
		code = call_code_embed(rc);
	embedder_close(e);
	return code;
}

int
collection_insert(struct daemon *d, struct meta_collection *c, struct err *err)
{
	struct vec_options o;
	struct meta_txn *t;
	int rc;

	space_options(c, &o);
	if (c->codes[0] == '\0')
		snprintf(c->codes, sizeof(c->codes), "%s", vec_codes_name(vec_default_codes(&o)));
	if (c->M == 0)
		c->M = vec_default_M(&o);
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
	enum wire_code code;
	struct err err;
	int rc;

	if (name == NULL)
		name = c->user.collection;
	rc = meta_collection_find(c->d->meta, c->user.id, name, info, &err);
	if (rc == META_NONE && strcmp(name, "default") == 0) {
		collection_init(c->d, &c->user, name, info);
		if ((code = collection_embedder(c, info, 0, &err)) != WIRE_OK) {
			call_fail_embed(c, code, &err);
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
	return json_pack("{s:s, s:I, s:s, s:i, s:I, s:o, s:s, s:i, s:i, s:I}", "name", c->name, "number",
	    (json_int_t)c->number, "metric", c->metric, "dim", (int)c->dim, "count",
	    (json_int_t)c->count, "embedder", embedder, "codes", c->codes, "M", (int)c->M,
	    "ef_construction", (int)c->ef_construction, "created", (json_int_t)c->created);
}

/* By the embedder on this machine: at once. */
static int
embed_local(struct daemon *d, const struct space *s, const struct embed_text *texts, size_t n,
    float *out, size_t *bad, struct err *err)
{
	uint64_t began = metrics_clock();
	int rc = embedder_embed(s->embedder, texts, n, out, bad, err);

	metrics_time(&d->metrics.embed, began);
	if (rc == 0)
		atomic_fetch_add(&d->metrics.texts, n);
	else
		atomic_fetch_add(&d->metrics.embed_errors, 1);
	return rc;
}

enum wire_code
space_embed(struct call *c, const struct space *s, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, float *out, size_t *bad, struct err *err)
{
	int rc;

	*bad = SIZE_MAX;
	if (s->embedder == NULL && strcmp(s->info.provider, "none") == 0) {
		err_set(err, -1, "collection %s takes vectors only", s->info.name);
		return WIRE_SPACE_MISMATCH;
	}
	if (s->embedder == NULL) {
		bool service = strcmp(s->info.provider, "gemini") == 0 ||
		    strcmp(s->info.provider, "openai") == 0;

		err_set(err, -1, "collection %s was embedded by %s/%s version %s, which this daemon does"
		    " not have%s", s->info.name, s->info.provider, s->info.model, s->info.version,
		    service ? ": are EMBED_DOCUMENT_PREFIX and EMBED_QUERY_PREFIX as they were?" : "");
		return WIRE_SPACE_MISMATCH;
	}
	if (embedder_is_remote(s->embedder))
		rc = embedding_look(c->d->embedding, s->embedder, purpose, texts, n, c->embedded, out,
		    &c->wants, bad, err);
	else
		rc = embed_local(c->d, s, texts, n, out, bad, err);
	if (rc == 0)
		return c->wants != NULL ? SPACE_LATER : WIRE_OK;
	if (rc != EMBED_EINVAL)
		*bad = SIZE_MAX;
	return call_code_embed(rc);
}

bool
space_is_lexical(const struct space *s)
{
	return strcmp(s->info.provider, "local") == 0;
}

bool
space_is_remote(const struct space *s)
{
	return s->embedder != NULL && embedder_is_remote(s->embedder);
}
