/*
 * op_build.c - compact and reindex.
 */

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "build.h"
#include "embedding.h"
#include "ops.h"

/* The caller waits for the end unless he says that he does not. */
static bool
is_waiting(const json_t *args)
{
	return !json_is_false(json_object_get(args, "wait"));
}

int
op_compact(struct call *c, json_t *args)
{
	const struct build_wish wish = { .kind = BUILD_COMPACT };
	struct meta_collection info;

	if (call_collection(c, args, &info) != 0)
		return CALL_DONE;
	return builds_push(c, &info, &wish, is_waiting(args));
}

/* What is under way hears of it at once; what is only noted in the metadata is given up in its turn. */
static int
give_up(struct call *c, const struct meta_collection *info)
{
	const struct build_wish wish = { .kind = BUILD_REINDEX, .cancel = true };
	enum wire_code code;
	struct space *s;
	struct err err;
	int rc = spaces_hold(c->d->spaces, info, &s, &code, &err);

	if (rc == META_NONE)
		call_fail(c, WIRE_NOT_FOUND, "no collection %s", info->name);
	else if (rc != 0)
		call_fail(c, code, "%s", err.text);
	if (rc != 0)
		return CALL_DONE;
	if (atomic_load(&s->build.kind) == BUILD_REINDEX)
		atomic_store(&s->build.cancelled, true);
	embedding_nudge(c->d->embedding);
	spaces_release(c->d->spaces, s);
	return builds_push(c, info, &wish, true);
}

/*
 * What the collection shall have: what it has, but for what is named.  0, or -1 with the call failed
 * or, while a service is asked for its dim, to be run again.
 */
static int
take_wish(struct call *c, json_t *args, const struct meta_collection *info, struct build_wish *w)
{
	const char *embedder = args_string(args, "embedder"), *metric = args_string(args, "metric");
	struct meta_collection wanted = *info;
	uint64_t dim = args_uint(args, "dim", 0);
	enum wire_code code;
	struct err err;
	int rc;

	if (embedder != NULL && (rc = collection_choose(&wanted, embedder, &err)) != 0) {
		call_fail(c, call_code_embed(rc), "%s", err.text);
		return -1;
	}
	if (strcmp(wanted.provider, "none") == 0) {
		call_fail(c, WIRE_BAD_REQUEST, "a reindex needs an embedder");
		return -1;
	}
	if (dim == 0 && strcmp(wanted.provider, info->provider) == 0 &&
	    strcmp(wanted.model, info->model) == 0)
		dim = info->dim;
	if ((code = collection_embedder(c, &wanted, dim, &err)) != WIRE_OK) {
		call_fail_embed(c, code, &err);
		return -1;
	}
	memcpy(w->metric, wanted.metric, sizeof(w->metric));
	if (metric != NULL)
		snprintf(w->metric, sizeof(w->metric), "%s", metric);
	memcpy(w->provider, wanted.provider, sizeof(w->provider));
	memcpy(w->model, wanted.model, sizeof(w->model));
	memcpy(w->version, wanted.version, sizeof(w->version));
	w->dim = wanted.dim;
	w->any = embedder == NULL && metric == NULL && json_object_get(args, "dim") == NULL;
	return 0;
}

int
op_reindex(struct call *c, json_t *args)
{
	struct build_wish wish = { .kind = BUILD_REINDEX };
	struct meta_collection info;

	if (call_collection(c, args, &info) != 0)
		return CALL_DONE;
	if (args_bool(args, "cancel"))
		return give_up(c, &info);
	if (take_wish(c, args, &info, &wish) != 0)
		return CALL_DONE;
	return builds_push(c, &info, &wish, is_waiting(args));
}
