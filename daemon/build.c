/*
 * build.c - builds asked for, run and answered.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build_private.h"
#include "indexer.h"
#include "log.h"
#include "space_open.h"

#define WAITING_MAX 1024	/* builds that wait, of each kind */
#define NICE 10
#define CONSIDER_SECONDS 60	/* between two looks at whether a collection is to be compacted */

/* --- answers -------------------------------------------------------------------------------------- */

json_t *
build_json(struct space *s)
{
	static const char *const kinds[] = { NULL, "compact", "reindex" };
	int kind = atomic_load(&s->build.kind);

	if (kind == BUILD_NONE)
		return json_null();
	return json_pack("{s:s, s:I, s:I}", "kind", kinds[kind], "done",
	    (json_int_t)atomic_load(&s->build.done), "total", (json_int_t)atomic_load(&s->build.total));
}

static void
reply(struct call *c, struct builds *bs, uint64_t number, bool changed, bool running)
{
	struct meta_collection info;
	struct err err;
	int rc;

	if ((rc = meta_collection_get(bs->d->meta, number, &info, &err)) != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:o, s:I, s:I, s:b, s:b}", "collection",
		    collection_json(&info), "generation", (json_int_t)info.generation, "slots",
		    (json_int_t)info.next_slot, "changed", (int)changed, "running", (int)running));
}

static void
answer(struct build *b)
{
	if (b->code != WIRE_OK && b->code != WIRE_NOT_FOUND && b->code != WIRE_BUSY)
		log_warn("collection %" PRIu64 ": %s ended early: %s", b->number,
		    b->wish.kind == BUILD_COMPACT ? "compaction" : "reindexing", b->err.text);
	if (b->call == NULL)
		return;
	if (b->code != WIRE_OK)
		call_fail(b->call, b->code, "%s", b->err.text);
	else
		reply(b->call, b->bs, b->number, b->switched, false);
	call_finish(b->call);
	b->call = NULL;
}

static void
build_free(struct build *b)
{
	if (b == NULL)
		return;
	if (b->next != NULL && b->switched) {
		spaces_release(b->d->spaces, b->next);
	} else if (b->next != NULL) {
		space_fini(b->next);
		free(b->next);
	}
	if (b->space != NULL)
		spaces_release(b->d->spaces, b->space);
	for (size_t i = 0; b->page != NULL && i < b->page->n; i++)
		free(b->page->row[i].text);
	free(b->page);
	free(b->vectors);
	free(b->pairs);
	free(b);
}

/* --- going on with what was interrupted ------------------------------------------------------------ */

static struct build *
build_new(struct builds *bs, uint64_t number, const struct build_wish *wish)
{
	struct build *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->bs = bs;
	b->d = bs->d;
	b->number = number;	/* 0: all of them, to be resumed */
	b->wish = *wish;
	return b;
}

static bool
push(struct build *b)
{
	struct builds *bs = b->bs;

	return lane_push(b->wish.kind == BUILD_COMPACT ? bs->compact : bs->reindex, &b->job);
}

/* What was swept in part, and what was being built. */
static void
resume_one(struct builds *bs, const struct meta_collection *c)
{
	struct build_wish wish = { .kind = BUILD_COMPACT, .again = true };
	struct build tidier = { .bs = bs, .d = bs->d, .number = c->number };
	struct meta_build info;
	struct build *b;
	int rc;

	if (c->generation > 0 && build_sweep(&tidier, c->generation - 1) != 0)
		log_warn("collection %" PRIu64 ": rows are not swept: %s", c->number, tidier.err.text);
	if ((rc = meta_build_get(bs->d->meta, c->number, &info, NULL)) == META_NONE)
		return;
	if (rc == 0 && info.embeds)
		wish.kind = BUILD_REINDEX;
	if (rc != 0 || (b = build_new(bs, c->number, &wish)) == NULL)
		log_warn("collection %" PRIu64 ": its build does not go on", c->number);
	else if (!push(b))
		build_free(b);
}

static void
resume_all(struct builds *bs)
{
	struct meta_collection *list;
	struct err err;
	size_t n;
	int rc;

	if ((rc = meta_collection_list(bs->d->meta, 0, &list, &n, &err)) != 0) {
		log_warn("builds do not go on: %s", err.text);
		if (rc == META_EUNAVAILABLE)
			atomic_store(&bs->left, true);
		return;
	}
	for (size_t i = 0; i < n; i++)
		resume_one(bs, &list[i]);
	free(list);
}

/*
 * The database went away under the build.  Whoever is told when it comes back is told after this, or
 * it is back already.
 */
static void
leave(struct build *b)
{
	struct builds *bs = b->bs;
	struct meta_txn *t = NULL;
	struct err err;

	if (atomic_load(&bs->stopping))
		return;
	atomic_store(&bs->left, true);
	if (meta_begin(bs->d->meta, &t, &err) != 0)
		return;
	meta_rollback(t);
	builds_back(bs);
}

/* --- the lanes' work ------------------------------------------------------------------------------- */

static void
run(void *arg, struct lane_job *job)
{
	struct build *b = (struct build *)(void *)job;

	if (b->number == 0) {
		resume_all(arg);
		build_free(b);
		return;
	}
	/* on Linux a thread has a priority of its own; a refusal is no harm */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	build_run(b);
	answer(b);
	if (b->away)
		leave(b);
	indexer_kick(b->d->indexer);
	build_free(b);
}

/* --- asking --------------------------------------------------------------------------------------- */

int
builds_push(struct call *c, const struct meta_collection *info, const struct build_wish *wish,
    bool wait)
{
	struct build *b = build_new(c->d->builds, info->number, wish);

	if (b == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory for a build");
		return CALL_DONE;
	}
	b->call = wait ? c : NULL;
	if (!push(b)) {
		build_free(b);
		call_fail(c, WIRE_BUSY, "too many builds are waiting");
		return CALL_DONE;
	}
	if (wait)
		return CALL_LATER;
	reply(c, c->d->builds, info->number, false, true);
	return CALL_DONE;
}

void
builds_back(struct builds *bs)
{
	if (!atomic_load(&bs->stopping) && atomic_exchange(&bs->left, false))
		builds_resume(bs);
}

/* On the lane, so that nobody waits for it. */
void
builds_resume(struct builds *bs)
{
	const struct build_wish wish = { .kind = BUILD_COMPACT };
	struct build *b = build_new(bs, 0, &wish);

	if (b == NULL || !push(b)) {
		build_free(b);
		log_warn("builds do not go on: no memory");
	}
}

void
builds_consider(struct builds *bs, struct space *s)
{
	const struct settings *set = bs->d->settings;
	const struct build_wish wish = { .kind = BUILD_COMPACT, .automatic = true };
	struct vec_stats st;
	uint64_t dead;
	struct build *b;

	vec_stats(s->vec, &st);
	dead = st.published - st.live;
	if (set->compact_percent == 0 || st.read_only || atomic_load(&s->build.busy) ||
	    dead * 100 < (uint64_t)st.published * set->compact_percent ||
	    dead * st.dim * sizeof(float) < set->compact_bytes ||
	    daemon_clock() < s->considered)
		return;
	s->considered = daemon_clock() + CONSIDER_SECONDS;
	if ((b = build_new(bs, s->info.number, &wish)) != NULL && !push(b))
		build_free(b);
}

/* --- the lanes ------------------------------------------------------------------------------------ */

struct builds *
builds_new(struct daemon *d)
{
	struct builds *bs = calloc(1, sizeof(*bs));

	if (bs == NULL)
		return NULL;
	bs->d = d;
	if ((bs->compact = lane_new("compact", 1, WAITING_MAX, run, bs)) == NULL ||
	    (bs->reindex = lane_new("reindex", 1, WAITING_MAX, run, bs)) == NULL) {
		builds_free(bs);
		return NULL;
	}
	return bs;
}

void
builds_stop(struct builds *bs)
{
	if (bs == NULL)
		return;
	atomic_store(&bs->stopping, true);
	if (bs->compact != NULL)
		lane_stop(bs->compact);
	if (bs->reindex != NULL)
		lane_stop(bs->reindex);
}

void
builds_free(struct builds *bs)
{
	if (bs == NULL)
		return;
	builds_stop(bs);
	lane_free(bs->compact);
	lane_free(bs->reindex);
	free(bs);
}
