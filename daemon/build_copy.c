/*
 * build_copy.c - items into the next generation, a page at a time.
 *
 * Old slots are looked at in ascending order.  An item that comes or gets another vector has a slot
 * above all that were given, so whoever goes on from where he was has missed nothing; and an item
 * that was copied and then goes, or moves up, loses its row here in the transaction that changes it.
 * What this process has in memory of the new generation learns of that from the commit lane's notes.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build_private.h"
#include "commit.h"
#include "embedding.h"
#include "log.h"

#define PAUSE_NS (500 * 1000)	/* between two pages, for those who wait for the metadata */

/* --- notes of the commit lane ------------------------------------------------------------------- */

void
space_note_gone(struct space *s, const uint32_t *slots, size_t n)
{
	struct space_build *sb = &s->build;
	uint32_t *gone;
	size_t room;

	if (n == 0 || !atomic_load(&sb->busy))
		return;
	uv_mutex_lock(&sb->lock);
	if (sb->noting && sb->ngone + n > sb->room) {
		room = 2 * (sb->ngone + n);
		if ((gone = reallocarray(sb->gone, room, sizeof(*gone))) != NULL) {
			sb->gone = gone;
			sb->room = room;
		} else {
			sb->lost = true;
		}
	}
	if (sb->noting && sb->ngone + n <= sb->room) {
		memcpy(sb->gone + sb->ngone, slots, n * sizeof(*slots));
		sb->ngone += n;
	}
	uv_mutex_unlock(&sb->lock);
}

static int
compare_pairs(const void *key, const void *pair)
{
	uint32_t from = *(const uint32_t *)key;
	const struct build_pair *p = pair;

	return from < p->from ? -1 : from > p->from;
}

int
build_drain(struct build *b)
{
	struct space_build *sb = &b->space->build;
	uint32_t *gone;
	size_t n;
	bool lost;

	uv_mutex_lock(&sb->lock);
	gone = sb->gone;
	n = sb->ngone;
	lost = sb->lost;
	sb->gone = NULL;
	sb->ngone = sb->room = 0;
	uv_mutex_unlock(&sb->lock);
	for (size_t i = 0; i < n && b->npairs > 0; i++) {
		const struct build_pair *p = bsearch(&gone[i], b->pairs, b->npairs, sizeof(*b->pairs),
		    compare_pairs);

		if (p != NULL)
			vec_delete(b->next->vec, p->to, NULL);
	}
	free(gone);
	if (!lost)
		return 0;
	b->code = WIRE_INTERNAL;
	return err_set(&b->err, -1, "no memory to keep up with deletions");
}

/* --- a page ------------------------------------------------------------------------------------- */

static int
read_one(void *arg, const struct meta_item *item)
{
	struct build_page *p = arg;
	struct build_row *r = &p->row[p->n];

	*r = (struct build_row){ .id = item->id, .slot = item->slot, .crc = item->crc,
		.text_len = item->text_len };
	if (item->text != NULL) {
		if ((r->text = malloc(item->text_len + 1)) == NULL)
			return META_ENOMEM;
		memcpy(r->text, item->text, item->text_len);
	}
	p->n++;
	p->bytes += item->text_len;
	return p->bytes > BUILD_PAGE_BYTES ? 1 : 0;
}

static void
forget_page(struct build_page *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->row[i].text);
	p->n = p->bytes = 0;
}

int
build_read(struct build *b)
{
	struct build_page *p = b->page;
	int rc;

	forget_page(p);
	rc = meta_items_walk_slots(b->d->meta, b->number, b->looked, BUILD_PAGE,
	    b->info.embeds ? META_TEXT : 0, read_one, p, &b->err);
	if (rc == META_ENOMEM)
		err_set(&b->err, rc, "no memory for a page of items");
	if (rc < 0)
		return build_fail_meta(b, rc);
	p->more = rc == 1 || p->n == BUILD_PAGE;
	if (p->n > 0)
		b->looked = (uint64_t)p->row[p->n - 1].slot + 1;
	return 0;
}

/* The vector as it is; damage is not carried over. */
static int
copy_vector(struct build *b, struct build_row *r, float *to)
{
	size_t bytes = b->next->info.dim * sizeof(*to);
	const float *x = vec_peek(b->space->vec, r->slot);

	if (b->space->info.dim != b->next->info.dim) {
		b->code = WIRE_SPACE_MISMATCH;
		return err_set(&b->err, -1, "item %llu has a vector and no text to embed",
		    (unsigned long long)r->id);
	}
	if (x != NULL)
		memcpy(to, x, bytes);
	if (x == NULL || vec_crc32c(0, to, bytes) != r->crc) {
		b->code = WIRE_INTERNAL;
		return err_set(&b->err, -1, "the vector of item %llu is damaged: see coolvec verify",
		    (unsigned long long)r->id);
	}
	return 0;
}

/*
 * In the moment of the switch nobody may wait for a service: what it was not asked before is left to
 * another round of copying, b->unembedded.  0, -1, or the failure with *bad.
 */
static int
embed_texts(struct build *b, const struct embed_text *texts, size_t n, float *out, size_t *bad)
{
	struct embedding *em = b->d->embedding;
	struct embedder *e = b->next->embedder;
	struct embed_job *rest = NULL;
	int rc;

	if (b->in_moment && embedder_is_remote(e))
		rc = embedding_look(em, e, EMBED_DOCUMENT, texts, n, NULL, out, &rest, bad, &b->err);
	else
		rc = embedding_wait(em, e, EMBED_DOCUMENT, texts, n, out, &b->space->build.cancelled, bad,
		    &b->err);
	if (rc != 0) {
		b->code = call_code_embed(rc);
		return -1;
	}
	b->unembedded = rest != NULL;
	embed_job_free(rest);
	return b->unembedded ? -1 : 0;
}

static int
embed_page(struct build *b)
{
	struct build_page *p = b->page;
	struct embed_text *texts = calloc(p->n + 1, sizeof(*texts));
	size_t dim = b->next->info.dim, n = 0, bad;
	float *out = b->vectors;
	int rc = 0;

	if (texts == NULL) {
		b->code = WIRE_INTERNAL;
		return err_set(&b->err, -1, "no memory to embed %zu texts", p->n);
	}
	/* in runs of items that have a text */
	for (size_t i = 0; i < p->n && rc == 0; i += n) {
		for (n = 0; i + n < p->n && p->row[i + n].text != NULL; n++)
			texts[n] = (struct embed_text){ p->row[i + n].text, p->row[i + n].text_len };
		if (n == 0) {
			rc = copy_vector(b, &p->row[i], out + i * dim);
			n = 1;
			continue;
		}
		rc = embed_texts(b, texts, n, out + i * dim, &bad);
		if (rc != 0 && !b->unembedded && bad < n) {
			struct err why = b->err;

			err_set(&b->err, -1, "item %llu: %s", (unsigned long long)p->row[i + bad].id,
			    why.text);
		}
	}
	free(texts);
	return rc;
}

static int
take_vectors(struct build *b)
{
	struct build_page *p = b->page;
	size_t dim = b->next->info.dim;

	if (b->info.embeds) {
		if (embed_page(b) != 0)
			return -1;
		for (size_t i = 0; i < p->n; i++)
			p->row[i].crc = vec_crc32c(0, b->vectors + i * dim, dim * sizeof(float));
		return 0;
	}
	for (size_t i = 0; i < p->n; i++)
		if (copy_vector(b, &p->row[i], b->vectors + i * dim) != 0)
			return -1;
	return 0;
}

static int
note_pairs(struct build *b)
{
	struct build_page *p = b->page;
	struct build_pair *pairs;

	if (b->npairs + p->n > b->room) {
		b->room = 2 * (b->npairs + p->n);
		if ((pairs = reallocarray(b->pairs, b->room, sizeof(*pairs))) == NULL) {
			b->code = WIRE_INTERNAL;
			return err_set(&b->err, -1, "no memory for %zu slots", b->room);
		}
		b->pairs = pairs;
	}
	for (size_t i = 0; i < p->n; i++)
		b->pairs[b->npairs++] =
		    (struct build_pair){ p->row[i].slot, p->first + (uint32_t)i };
	return 0;
}

int
build_append(struct build *b)
{
	struct build_page *p = b->page;
	struct vec_error ve;
	int rc;

	if (p->n == 0)
		return 0;
	if (take_vectors(b) != 0)
		return -1;
	if ((rc = vec_append(b->next->vec, b->vectors, p->n, &p->first, &ve)) != 0 ||
	    (rc = vec_sync(b->next->vec, &ve)) != 0)
		return build_fail_vec(b, rc, ve.message);
	b->end = p->first + (uint32_t)p->n;
	return note_pairs(b);
}

int
build_stage(struct build *b, struct meta_txn *t)
{
	struct meta_build_slot slots[BUILD_PAGE];
	struct build_page *p = b->page;
	int rc;

	for (size_t i = 0; i < p->n; i++)
		slots[i] = (struct meta_build_slot){ .from = p->row[i].slot,
			.slot = p->first + (uint32_t)i, .crc = p->row[i].crc };
	if ((rc = meta_build_put_all(t, &b->info, slots, p->n, &b->err)) != 0)
		return rc;
	for (size_t i = 0; i < p->n; i++)
		p->row[i].gone = slots[i].gone;
	return 0;
}

void
build_publish(struct build *b)
{
	struct build_page *p = b->page;
	struct vec_error ve;

	for (size_t i = 0; i < p->n; i++)
		if (p->row[i].gone)
			vec_delete(b->next->vec, p->first + (uint32_t)i, NULL);
	if (vec_publish(b->next->vec, b->end, &ve) != 0)
		log_error("collection %llu: %s", (unsigned long long)b->number, ve.message);
	atomic_fetch_add(&b->space->build.done, p->n);
	forget_page(p);
}

static int
copy_page(struct build *b)
{
	struct meta_txn *t = NULL;
	int rc;

	if (build_append(b) != 0)
		return -1;
	if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
		return build_fail_meta(b, rc);
	if ((rc = build_stage(b, t)) != 0)
		meta_rollback(t);
	else
		rc = meta_commit(t, &b->err);
	if (rc != 0)
		return build_fail_meta(b, rc);
	build_publish(b);
	return 0;
}

int
build_copy(struct build *b, size_t *n)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	size_t page;

	*n = 0;
	do {
		if (build_is_over(b) || build_read(b) != 0)
			return -1;
		page = b->page->n;
		if (page > 0 && copy_page(b) != 0)
			return -1;
		if (build_drain(b) != 0)
			return -1;
		*n += page;
		nanosleep(&pause, NULL);
	} while (b->page->more);
	return 0;
}
