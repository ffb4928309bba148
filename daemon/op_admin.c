/*
 * op_admin.c - how the daemon and a collection are.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "build.h"
#include "ops.h"
#include "snapshot.h"
#include "space.h"

#define VERIFY_PAGE 1000	/* rows looked at between two looks at the database */
#define VERIFY_BAD_MAX 1000	/* of them listed */

int
op_ping(struct call *c, json_t *args)
{
	(void)args;
	call_reply(c, json_pack("{s:s, s:i, s:I}", "version", COOLVEC_VERSION, "protocol",
	    WIRE_PROTOCOL, "uptime", (json_int_t)(daemon_clock() - c->d->started)));
	return CALL_DONE;
}

/* Sums over the open collections; what is at rest has no tail and nothing in memory. */
static json_t *
totals_json(struct daemon *d, const struct meta_collection *list, size_t n)
{
	json_int_t vectors = 0, tail = 0, graph_bytes = 0, file_bytes = 0;
	struct vec_stats st;
	struct space *s;

	for (size_t i = 0; i < n; i++)
		vectors += (json_int_t)list[i].count;
	for (uint64_t after = 0; (s = spaces_next(d->spaces, after)) != NULL;) {
		after = s->info.number;
		vec_stats(s->vec, &st);
		tail += (json_int_t)st.tail;
		graph_bytes += (json_int_t)st.graph_bytes;
		file_bytes += (json_int_t)st.file_bytes;
		spaces_unhold(d->spaces, s);
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "version", COOLVEC_VERSION,
	    "uptime", (json_int_t)(daemon_clock() - d->started), "connections",
	    (json_int_t)atomic_load(&d->connections), "open_collections",
	    (json_int_t)spaces_count(d->spaces), "collections", (json_int_t)n, "vectors", vectors,
	    "tail", tail, "graph_bytes", graph_bytes, "file_bytes", file_bytes);
}

int
op_metrics(struct call *c, json_t *args)
{
	struct metrics *m = &c->d->metrics;
	struct meta_collection *list;
	json_t *answer, *commit;
	struct err err;
	size_t n;
	int rc;

	(void)args;
	if ((rc = meta_collection_list(c->d->meta, 0, &list, &n, &err)) != 0) {
		call_fail_meta(c, rc, &err);
		return CALL_DONE;
	}
	answer = totals_json(c->d, list, n);
	free(list);
	commit = metrics_timed_json(&m->commit);
	json_object_set_new(commit, "items", json_integer((json_int_t)atomic_load(&m->items)));
	json_object_set_new(answer, "fsync", metrics_timed_json(&m->fsync));
	json_object_set_new(answer, "commit", commit);
	json_object_set_new(answer, "embedder", metrics_embedder_json(m));
	json_object_set_new(answer, "operations", metrics_operations_json(m));
	json_object_set_new(answer, "latency", metrics_latency_json(m));
	call_reply(c, answer);
	return CALL_DONE;
}

/* Why the last build ended early; empty when it did not. */
static json_t *
note_json(struct space *s)
{
	json_t *note;

	uv_mutex_lock(&s->build.lock);
	note = call_sentence(s->build.note);
	uv_mutex_unlock(&s->build.lock);
	return note;
}

int
op_stats(struct call *c, json_t *args)
{
	struct meta_collection info;
	struct vec_stats st;
	struct space *s;
	json_t *answer;
	struct err err;
	int rc;

	if (call_space(c, args, &s) != 0)
		return CALL_DONE;
	if ((rc = meta_collection_get(c->d->meta, s->info.number, &info, &err)) != 0) {
		call_fail_meta(c, rc, &err);
		call_release(c, s);
		return CALL_DONE;
	}
	vec_stats(s->vec, &st);
	answer = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:I, s:I, s:s, s:I, s:s, s:b, s:s, s:o, s:o}",
	    "collection", collection_json(&info), "slots", (json_int_t)st.published, "live",
	    (json_int_t)st.live, "dead", (json_int_t)(st.published - st.live), "indexed", (json_int_t)st.indexed, "tail", (json_int_t)st.tail,
	    "unlinking", (json_int_t)st.unlinking, "max_level", (int)st.max_level, "generation",
	    (json_int_t)info.generation, "capacity", (json_int_t)st.capacity, "file_bytes", (json_int_t)st.file_bytes, "codes",
	    vec_codes_name(st.codes), "graph_bytes",
	    (json_int_t)st.graph_bytes, "isa", st.isa, "read_only", (int)st.read_only, "index_note",
	    st.index_note, "build", build_json(s), "build_note", note_json(s));
	if (answer != NULL)
		json_object_set_new(answer, "daemon", json_pack("{s:s, s:I, s:I, s:I, s:o}",
		    "version", COOLVEC_VERSION, "uptime",
		    (json_int_t)(daemon_clock() - c->d->started), "connections",
		    (json_int_t)atomic_load(&c->d->connections), "open_collections",
		    (json_int_t)spaces_count(c->d->spaces), "embedder",
		    metrics_embedder_json(&c->d->metrics)));
	call_reply(c, answer);
	call_release(c, s);
	return CALL_DONE;
}

/* A page of rows, copied out so that the database is not held while vectors are read. */
struct page {
	struct { uint64_t id; uint32_t slot, crc; } row[VERIFY_PAGE];
	size_t n;
};

static int
page_one(void *arg, const struct meta_item *item)
{
	struct page *p = arg;

	p->row[p->n].id = item->id;
	p->row[p->n].slot = item->slot;
	p->row[p->n++].crc = item->crc;
	return 0;
}

struct verdict {
	json_t *bad;
	json_int_t checked, nbad;
};

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

/* A row of the page that looks bad may have been changed meanwhile: read it again before saying so. */
static bool
is_still(struct daemon *d, const struct space *s, uint64_t id, uint32_t slot)
{
	struct meta_item item = { 0 };
	bool still = meta_item_by_id(d->meta, s->info.number, id, 0, &item, NULL) == 0 &&
	    item.slot == slot;

	meta_item_fini(&item);
	return still;
}

static void
check_page(struct daemon *d, const struct space *s, const struct page *p, struct verdict *v)
{
	for (size_t i = 0; i < p->n; i++) {
		const char *what = problem(s, p->row[i].slot, p->row[i].crc);

		v->checked++;
		if (what == NULL || !is_still(d, s, p->row[i].id, p->row[i].slot))
			continue;
		if (v->nbad++ < VERIFY_BAD_MAX)
			json_array_append_new(v->bad, json_pack("{s:I, s:s}", "id",
			    (json_int_t)p->row[i].id, "problem", what));
	}
}

int
op_verify(struct call *c, json_t *args)
{
	struct page *p = malloc(sizeof(*p));
	struct verdict v = { .bad = json_array() };
	struct vec_check_report report = { 0 };
	struct vec_error ve = { 0 };
	struct space *s = NULL;
	struct err err;
	uint64_t from = 0;
	int rc = 0;

	if (p == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory to verify");
		goto out;
	}
	if (call_space(c, args, &s) != 0)
		goto out;
	while (rc == 0) {
		p->n = 0;
		rc = meta_items_walk(c->d->meta, s->info.number, from, VERIFY_PAGE, 0, page_one, p, &err);
		if (rc != 0 || p->n == 0)
			break;
		from = p->row[p->n - 1].id + 1;
		check_page(c->d, s, p, &v);
	}
	if (rc != 0) {
		call_fail_meta(c, rc, &err);
		goto out;
	}
	rc = vec_check(s->vec, &report, &ve);
	call_reply(c, json_pack("{s:I, s:O, s:I, s:I, s:s}", "checked", v.checked, "bad", v.bad,
	    "nbad", v.nbad, "unreachable", (json_int_t)report.unreachable, "index",
	    rc == 0 ? "ok" : ve.message));
out:
	call_release(c, s);
	json_decref(v.bad);
	free(p);
	return CALL_DONE;
}

/*
 * A snapshot holds what all users have, and the daemon writes it where it is told.  So it is for
 * those alone who could do both by themselves: root, and the user the daemon runs as.  A token would
 * add nothing to that.
 */
int
op_snapshot(struct call *c, json_t *args)
{
	const char *path = args_string(args, "path");

	if (c->uid != 0 && (c->uid == UINT32_MAX || c->uid != geteuid())) {
		call_fail(c, WIRE_FORBIDDEN,
		    "only root and the user that the daemon runs as may ask for a snapshot");
		return CALL_DONE;
	}
	if (path[0] != '/' || strspn(path, "/") == strlen(path)) {
		call_fail(c, WIRE_BAD_REQUEST,
		    "path is not the absolute path of a folder to be made");
		return CALL_DONE;
	}
	return snapshot_push(c, path);
}
