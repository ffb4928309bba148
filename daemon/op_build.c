/*
 * op_build.c - compact and reindex.
 */

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "build.h"
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
	spaces_release(c->d->spaces, s);
	return builds_push(c, info, &wish, true);
}

int
op_reindex(struct call *c, json_t *args)
{
	const char *embedder = args_string(args, "embedder"), *metric = args_string(args, "metric");
	struct build_wish wish = { .kind = BUILD_REINDEX,
		.dim = (uint32_t)args_uint(args, "dim", 0) };
	struct meta_collection info, wanted;
	struct err err;
	int rc;

	if (call_collection(c, args, &info) != 0)
		return CALL_DONE;
	if (args_bool(args, "cancel"))
		return give_up(c, &info);
	snprintf(wish.provider, sizeof(wish.provider), "%s", embedder != NULL ? embedder : "");
	snprintf(wish.metric, sizeof(wish.metric), "%s", metric != NULL ? metric : "");
	wanted = info;
	if (embedder != NULL)
		snprintf(wanted.provider, sizeof(wanted.provider), "%s", embedder);
	if (strcmp(wanted.provider, "none") == 0) {
		call_fail(c, WIRE_BAD_REQUEST, "a reindex needs an embedder");
		return CALL_DONE;
	}
	/* what cannot be is better said at once than to who does not wait */
	if ((rc = collection_embedder(c->d, &wanted, wish.dim, &err)) != 0) {
		call_fail(c, call_code_embed(rc), "%s", err.text);
		return CALL_DONE;
	}
	return builds_push(c, &info, &wish, is_waiting(args));
}
