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
