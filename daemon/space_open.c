/*
 * space_open.c - files against rows.
 *
 * The rows are the truth: next_slot says how many slots have been given, the items which of them are
 * live.  n_vecs may be behind after a power cut and is brought up, and is never ahead; a vectors.bin
 * that is shorter or longer than the rows say, or missing, is not theirs, and is refused.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "generation.h"
#include "log.h"
#include "match_cache.h"
#include "space_open.h"

#define CHECK_SLOTS 1024	/* rows read at once while checking the tail */

void
space_folder(const struct daemon *d, uint64_t number, char *path, size_t n)
{
	snprintf(path, n, "%s/collections/%llu", d->settings->data, (unsigned long long)number);
}

int
space_open_embedder(struct daemon *d, struct space *s, enum wire_code *code, struct err *err)
{
	struct meta_collection *c = &s->info;
	struct embed_config config;
	const struct embed_identity *is;
	int rc;

	if (strcmp(c->provider, "none") == 0)
		return 0;
	settings_embed(d->settings, c->provider, &config);
	config.model = c->model;
	config.dim = c->dim;
	config.version = c->version;
	rc = embedder_open(&config, &s->embedder, err);
	if (rc == EMBED_EINVAL && strcmp(c->provider, "words") == 0) {
		log_warn("collection %llu takes and answers vectors, no texts: %s",
		    (unsigned long long)c->number, err->text);
		return 0;
	}
	if (rc != 0) {
		*code = WIRE_EMBEDDER_UNAVAILABLE;
		return -1;
	}
	/* another version of the embedder: the vectors still serve, new texts would not fit them */
	is = embedder_identity(s->embedder);
	if (strcmp(is->version, c->version) != 0 || is->dim != c->dim) {
		log_warn("collection %llu was embedded by %s %s version %s, this daemon has version %s:"
			 " it takes and answers vectors, no texts",
		    (unsigned long long)c->number, c->provider, c->model, c->version, is->version);
		embedder_close(s->embedder);
		s->embedder = NULL;
	}
	return 0;
}

/* A row that says what this program does not know is taken as the default: the vectors are as good. */
void
space_options(const struct meta_collection *c, struct vec_options *o)
{
	int codes = vec_codes_parse(c->codes);

	*o = (struct vec_options){ .dim = c->dim, .M = c->M, .ef_construction = c->ef_construction,
		.metric = (enum vec_metric)vec_metric_parse(c->metric),
		.codes = codes < 0 ? VEC_CODES_DEFAULT : (enum vec_codes)codes, .seed = c->seed,
		.identity = c->identity, .generation = c->generation };
}

/* Vectors newer than hnsw.index were written last: are they what their rows say? */
static int
check_tail(struct daemon *d, struct space *s, struct err *err)
{
	struct meta_item *items = NULL;
	uint32_t *slots = NULL;
	struct vec_stats st;
	uint32_t from, nbad = 0;
	int rc = 0;

	vec_stats(s->vec, &st);
	if (st.tail == 0)
		return 0;
	from = st.index_note[0] == 0 && st.saved > st.covered ? st.saved : st.covered;
	items = calloc(CHECK_SLOTS, sizeof(*items));
	slots = calloc(CHECK_SLOTS, sizeof(*slots));
	if (items == NULL || slots == NULL) {
		rc = err_set(err, -1, "no memory to check collection %s", s->info.name);
		goto out;
	}
	for (; from < s->info.next_slot && rc == 0; from += CHECK_SLOTS) {
		size_t n = s->info.next_slot - from < CHECK_SLOTS ? s->info.next_slot - from :
								     CHECK_SLOTS;

		for (size_t i = 0; i < n; i++)
			slots[i] = from + (uint32_t)i;
		rc = meta_items_by_slot(d->meta, s->info.number, slots, n, 0, items, err);
		for (size_t i = 0; i < n && rc == 0; i++) {
			if (items[i].id == META_NO_ID ||
			    vec_crc32c(0, vec_peek(s->vec, slots[i]),
				s->info.dim * sizeof(float)) == items[i].crc)
				continue;
			vec_delete(s->vec, slots[i], NULL);	/* in memory: not to be found */
			nbad++;
		}
	}
	if (nbad > 0)
		log_error("collection %llu: %u vectors are not what their rows say and are left out of"
			  " searches; `coolvec verify` lists them",
		    (unsigned long long)s->info.number, nbad);
out:
	free(items);
	free(slots);
	return rc;
}

static int
open_vectors(struct daemon *d, struct space *s, enum wire_code *code, struct err *err)
{
	struct meta_collection *c = &s->info;
	struct vec_options o;
	/* when every slot has its item there is nothing to tell */
	bool all = c->count == c->next_slot;
	uint64_t *live = all ? NULL : calloc(c->next_slot / 64 + 1, sizeof(*live));
	struct vec_error ve = { 0 };
	struct vec_stats st;
	char folder[4096];
	int rc = -1;

	space_options(c, &o);
	o.nlive = c->next_slot;
	o.create = c->next_slot == 0;
	space_folder(d, c->number, folder, sizeof(folder));
	*code = WIRE_INTERNAL;
	if (live == NULL && !all) {
		err_set(err, -1, "no memory to open collection %s", c->name);
		goto out;
	}
	if (o.create && file_mkdirs(folder, 0700, err) != 0)
		goto out;
	if (!all && meta_items_live(d->meta, c->number, c->next_slot, live, err) != 0) {
		*code = WIRE_UNAVAILABLE;
		goto out;
	}
	o.live = live;		/* NULL: all are */
	if ((rc = vec_open(folder, &o, &s->vec, &ve)) != 0 ||
	    (rc = vec_publish(s->vec, c->next_slot, &ve)) != 0) {
		*code = call_code_vec(rc);
		rc = err_set(err, -1, "collection %s cannot be opened: %s", c->name, ve.message);
		goto out;
	}
	vec_stats(s->vec, &st);
	if (st.published > c->next_slot) {
		rc = err_set(err, -1, "collection %s cannot be opened: vectors.bin has %" PRIu32 " slots and"
		    " the metadata knows of %" PRIu32 ": is it from an older copy?", c->name, st.published,
		    c->next_slot);
		goto out;
	}
	space_log_note(s);
	rc = check_tail(d, s, err);
out:
	free(live);
	return rc;
}

void
space_log_note(struct space *s)
{
	struct vec_stats st;

	if (atomic_load(&s->noted))
		return;
	vec_stats(s->vec, &st);
	if (st.index_note[0] != 0 && !atomic_exchange(&s->noted, true))
		log_warn("collection %llu: the graph is built anew: %s",
		    (unsigned long long)s->info.number, st.index_note);
}

int
space_init(struct space *s)
{
	s->next_id = s->info.next_id;
	s->next_slot = s->info.next_slot;
	s->checkpointed = daemon_clock();
	if (uv_mutex_init(&s->build.lock) != 0)
		return -1;
	if ((s->matches = match_cache_new()) != NULL)
		return 0;
	uv_mutex_destroy(&s->build.lock);
	return -1;
}

void
space_fini(struct space *s)
{
	vec_close(s->vec);
	embedder_close(s->embedder);
	if (s->matches != NULL)
		uv_mutex_destroy(&s->build.lock);
	match_cache_free(s->matches);
	free(s->build.gone);
}

int
space_open(struct daemon *d, struct space *s, enum wire_code *code, struct err *err)
{
	uint64_t number = s->info.number;
	int rc;

	/* what the caller knows of the collection may be from before a commit or a drop */
	if ((rc = meta_collection_get(d->meta, number, &s->info, err)) != 0) {
		s->info.number = number;
		*code = call_code_meta(rc);
		return rc;
	}
	if (space_init(s) != 0) {
		*code = WIRE_INTERNAL;
		rc = err_set(err, -1, "no memory to open collection %s", s->info.name);
	} else if ((rc = generation_settle(d, &s->info, err)) != 0) {
		*code = WIRE_INTERNAL;
	}
	if (rc != 0 || (rc = space_open_embedder(d, s, code, err)) != 0 ||
	    (rc = open_vectors(d, s, code, err)) != 0) {
		log_error("%s", err->text);
		space_fini(s);
		return rc;
	}
	log_debug("collection %llu is open", (unsigned long long)number);
	return 0;
}

/* Out of sight at once by a rename, so that a crash while removing leaves no half collection. */
void
space_remove(struct daemon *d, uint64_t number)
{
	char folder[4096], gone[4200];
	struct err err;

	space_folder(d, number, folder, sizeof(folder));
	snprintf(gone, sizeof(gone), "%s.dropped", folder);
	if (rename(folder, gone) == 0 && file_remove_tree(gone, &err) != 0)
		log_warn("%s", err.text);
}

void
space_close(struct daemon *d, struct space *s)
{
	struct vec_error ve;
	struct vec_stats st;

	vec_stats(s->vec, &st);
	if (st.unsaved && !st.read_only && !atomic_load(&s->dropped) && !atomic_load(&s->retired) &&
	    vec_checkpoint(s->vec, &ve) != 0)
		log_warn("collection %llu: the graph is not saved and will be built anew: %s",
		    (unsigned long long)s->info.number, ve.message);
	space_fini(s);
	if (atomic_load(&s->dropped))
		space_remove(d, s->info.number);
	log_debug("collection %llu is closed", (unsigned long long)s->info.number);
}
