/*
 * op_verify.c - is what is stored what was stored?
 *
 * Rows are read a page at a time and their vectors compared with their checksums; then the graph is
 * checked.  What is bad is found by no search any more.  All that takes some seconds for a million
 * vectors.  A full look searches for each vector as well, and a repair embeds texts: these have a lane
 * of their own, one thread at low priority.
 *
 * A repair gives up to REPAIR_MAX items vectors made anew, in one job of the commit lane, and the call
 * is then run once more from its line.  So what is answered in the end is what a look at the files has
 * found.  Each item is tried once, in order of id.
 */

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "args.h"
#include "commit.h"
#include "embedding.h"
#include "item.h"
#include "ops.h"
#include "space.h"

#define PAGE 1000		/* rows looked at between two looks at the database */
#define BAD_MAX 1000		/* of them listed */
#define REPAIR_MAX 256
#define NICE 10

struct look {
	struct call *c;
	struct space *s;
	bool full, repair;
	struct { uint64_t id; uint32_t slot, crc; } row[PAGE]; /* a page */
	size_t nrows;
	json_t *bad;
	json_int_t checked, nbad, unfound;
	struct { uint64_t id; uint32_t slot; } mend[REPAIR_MAX]; /* bad ones */
	size_t nmend;
};

/* A page is copied out, so that the database is not held while vectors are read. */
static int
take_row(void *arg, const struct meta_item *item)
{
	struct look *l = arg;

	l->row[l->nrows].id = item->id;
	l->row[l->nrows].slot = item->slot;
	l->row[l->nrows++].crc = item->crc;
	return 0;
}

/* What is wrong with a row's vector, or NULL. */
static const char *
problem(const struct space *s, uint32_t slot, uint32_t crc)
{
	const float *x = vec_peek(s->vec, slot);

	if (x == NULL)
		return "there is no vector in its slot";
	if (vec_crc32c(0, x, s->info.dim * sizeof(*x)) != crc)
		return "the vector is not the one that was stored";
	return NULL;
}

/* Does a search for the vector find it, or one that is as near?  It is given every chance. */
static bool
finds_itself(const struct space *s, uint32_t slot)
{
	const float *x = vec_peek(s->vec, slot);
	struct vec_query q = VEC_QUERY(1);
	struct vec_hit hit;
	float itself = vec_distance((enum vec_metric)vec_metric_parse(s->info.metric), x, x, s->info.dim);
	size_t n;

	for (int i = 0; i < 2; i++, q.ef = VEC_EF_MAX)
		if (vec_search(s->vec, x, s->info.dim, &q, &hit, &n, NULL) == 0 && n == 1 &&
		    (hit.slot == slot || hit.distance <= itself))
			return true;
	return !vec_is_live(s->vec, slot);	/* it has been deleted meanwhile */
}

/* A row of the page that looks bad may have been changed meanwhile: read it again before saying so. */
static bool
is_still(const struct look *l, uint64_t id, uint32_t slot)
{
	struct meta_item item = { 0 };
	bool still = meta_item_by_id(l->c->d->meta, l->s->info.number, id, 0, &item, NULL) == 0 &&
	    item.slot == slot;

	meta_item_fini(&item);
	return still;
}

static void
note_bad(struct look *l, uint64_t id, uint32_t slot, const char *what)
{
	vec_delete(l->s->vec, slot, NULL);	/* in memory: not to be found */
	if (l->nbad++ < BAD_MAX)
		json_array_append_new(l->bad, json_pack("{s:I, s:s}", "id", (json_int_t)id, "problem",
		    what));
	if (id >= l->c->tried && l->nmend < REPAIR_MAX) {
		l->mend[l->nmend].id = id;
		l->mend[l->nmend++].slot = slot;
	}
}

static bool
is_over(const struct look *l)
{
	return atomic_load(&l->c->gone) || atomic_load(&l->c->d->stopping);
}

static void
look_at_page(struct look *l)
{
	for (size_t i = 0; i < l->nrows && !is_over(l); i++) {
		uint32_t slot = l->row[i].slot;
		const char *what = problem(l->s, slot, l->row[i].crc);

		l->checked++;
		if (what == NULL && l->full && !finds_itself(l->s, slot))
			l->unfound++;
		if (what != NULL && is_still(l, l->row[i].id, slot))
			note_bad(l, l->row[i].id, slot, what);
	}
}

/* All rows.  0, or -1 with the call failed. */
static int
look_at_rows(struct look *l)
{
	uint64_t from = 0;
	struct err err;
	int rc = 0;

	l->checked = l->nbad = l->unfound = 0;
	l->nmend = 0;
	json_array_clear(l->bad);
	do {
		l->nrows = 0;
		rc = meta_items_walk(l->c->d->meta, l->s->info.number, from, PAGE, 0, take_row, l, &err);
		if (rc == 0 && l->nrows > 0) {
			from = l->row[l->nrows - 1].id + 1;
			look_at_page(l);
		}
	} while (rc == 0 && l->nrows > 0 && !is_over(l));
	if (rc != 0)
		call_fail_meta(l->c, rc, &err);
	else if (is_over(l))
		call_fail(l->c, WIRE_UNAVAILABLE, "the daemon is stopping");
	return rc != 0 || is_over(l) ? -1 : 0;
}

/* --- repairing -------------------------------------------------------------------------------------- */

/* The texts of what is bad, into the job; what has none is left out.  0, or -1 with the call failed. */
static int
take_texts(struct look *l, struct commit_job *job, struct embed_text *texts, size_t *n)
{
	struct err err;
	int rc = 0;

	*n = 0;
	for (size_t i = 0; i < l->nmend && rc >= 0; i++) {
		struct commit_item *it = &job->items[*n];
		struct meta_item item = { 0 };

		rc = meta_item_by_id(l->c->d->meta, l->s->info.number, l->mend[i].id, META_TEXT, &item,
		    &err);
		if (rc == 0 && item.text != NULL && item.slot == l->mend[i].slot) {
			it->id = item.id;
			it->slot = item.slot;
			it->text = item.text;
			item.text = NULL;
			texts[(*n)++] = (struct embed_text){ it->text, item.text_len };
		}
		meta_item_fini(&item);
	}
	if (rc < 0)
		call_fail_meta(l->c, rc, &err);
	return rc < 0 ? -1 : 0;
}

/* Take the text out that cannot be embedded. */
static void
leave_out(struct commit_job *job, struct embed_text *texts, size_t bad, size_t *n)
{
	free(job->items[bad].text);
	job->items[bad].text = NULL;
	for (size_t i = bad + 1; i < *n; i++) {
		texts[i - 1] = texts[i];
		job->items[i - 1] = job->items[i];
		job->items[i].text = NULL;
	}
	(*n)--;
}

/* Vectors of those that can be embedded.  0, or -1 with the call failed. */
static int
embed_texts(struct look *l, struct commit_job *job, struct embed_text *texts, size_t *n)
{
	size_t dim = l->s->info.dim, bad;
	struct err err;
	int rc;

	while (*n > 0 && (rc = embedding_wait(l->c->d->embedding, l->s->embedder, EMBED_DOCUMENT, texts,
		*n, job->vectors, &l->c->gone, &bad, &err)) != 0) {
		if (rc != EMBED_EINVAL || bad >= *n) {
			call_fail(l->c, call_code_embed(rc), "%s", err.text);
			return -1;
		}
		leave_out(job, texts, bad, n);
	}
	for (size_t i = 0; i < *n; i++)
		job->items[i].crc = vec_crc32c(0, job->vectors + i * dim, dim * sizeof(float));
	job->n = job->nvectors = *n;
	return 0;
}

enum { NOTHING_LEFT = -1, LOOK_AGAIN = -2 };

/*
 * CALL_LATER: the commit lane has what was made and will run the call again.  CALL_DONE: the call has
 * failed.  NOTHING_LEFT to repair; or LOOK_AGAIN, for there may be more behind what cannot be.
 */
static int
repair(struct look *l)
{
	struct embed_text texts[REPAIR_MAX];
	int rc = CALL_DONE;
	struct commit_job *job;
	struct call *c = l->c;
	size_t n;

	if (l->nmend == 0 || l->s->embedder == NULL)
		return NOTHING_LEFT;
	if ((job = commit_job_new(c, l->s, COMMIT_REPAIR, l->nmend, l->nmend)) == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory to repair %zu vectors", l->nmend);
		return CALL_DONE;
	}
	if (take_texts(l, job, texts, &n) == 0 && embed_texts(l, job, texts, &n) == 0) {
		if (n > 0) {
			c->aside = false;
			l->s = NULL;		/* the job's */
			return commit_push(job) == CALL_LATER ? CALL_LATER : CALL_DONE;
		}
		c->tried = l->mend[l->nmend - 1].id + 1;
		rc = LOOK_AGAIN;
	}
	commit_job_free(job);
	return rc;
}

/* hnsw.index as it is on disk; a repair writes a damaged one anew. */
static void
look_at_saved(struct look *l, json_t *answer)
{
	struct vec_error ve = { 0 };
	int rc = vec_check_saved(l->s->vec, &ve);

	if (rc != 0 && l->repair && vec_checkpoint(l->s->vec, &ve) == 0)
		rc = vec_check_saved(l->s->vec, &ve);
	json_object_set_new(answer, "saved", rc == 0 ? json_string("ok") : call_sentence(ve.message));
}

/* --- the operation ---------------------------------------------------------------------------------- */

static void
answer(struct look *l)
{
	struct vec_check_report report = { 0 };
	struct vec_error ve = { 0 };
	int rc = vec_check(l->s->vec, &report, &ve);
	json_t *answer = json_pack("{s:I, s:O, s:I, s:I, s:o}", "checked", l->checked, "bad", l->bad,
	    "nbad", l->nbad, "unreachable", (json_int_t)report.unreachable, "index",
	    call_sentence(rc == 0 ? "ok" : ve.message));

	if (answer != NULL && l->full) {
		json_object_set_new(answer, "unfound", json_integer(l->unfound));
		look_at_saved(l, answer);
	}
	if (answer != NULL && l->repair)
		json_object_set_new(answer, "repaired", json_integer((json_int_t)l->c->repaired));
	call_reply(l->c, answer);
}

static int
look(struct call *c, json_t *args)
{
	struct look *l = calloc(1, sizeof(*l));
	int rc = CALL_DONE;

	if (l == NULL || (l->bad = json_array()) == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory to verify");
		goto out;
	}
	l->c = c;
	l->full = args_bool(args, "full");
	l->repair = args_bool(args, "repair");
	if (call_space(c, args, &l->s) != 0)
		goto out;
	do {
		rc = look_at_rows(l) != 0 ? CALL_DONE : l->repair ? repair(l) : NOTHING_LEFT;
	} while (rc == LOOK_AGAIN);
	if (rc == NOTHING_LEFT) {
		rc = CALL_DONE;
		answer(l);
	}
out:
	if (l != NULL) {
		if (rc == CALL_DONE)
			call_release(c, l->s);
		json_decref(l->bad);
	}
	free(l);
	return rc;
}

/* The lane of looks that take long. */
void
verify_run(void *arg, struct lane_job *job)
{
	(void)arg;
	/* on Linux a thread has a priority of its own; a refusal is no harm */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	call_run((struct call *)(void *)((char *)job - offsetof(struct call, job)));
}

int
op_verify(struct call *c, json_t *args)
{
	if (c->aside || (!args_bool(args, "full") && !args_bool(args, "repair")))
		return look(c, args);
	c->aside = true;
	if (lane_push(c->d->verify, &c->job))
		return CALL_LATER;
	call_fail(c, WIRE_BUSY, "other verifications are waiting");
	return CALL_DONE;
}
