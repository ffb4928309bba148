/*
 * embed_job.c - a set of texts by their keys.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed_job.h"
#include "num.h"

/* Each part ends in a NUL, which none of them holds, and the text comes last. */
void
embed_key(const struct embedder *e, enum embed_purpose purpose, const struct embed_text *t,
    struct embed_key *out)
{
	const struct embed_identity *is = embedder_identity(e);
	char head[192];
	struct sha256 s;

	snprintf(head, sizeof(head), "%s\n%s\n%s\n%u\n%d", is->provider, is->model, is->version,
	    (unsigned)is->dim, (int)purpose);
	sha256_init(&s);
	sha256_put(&s, head, strlen(head) + 1);
	sha256_put(&s, t->p, t->len);
	sha256_end(&s, out->b);
}

struct embed_job *
embed_job_new(struct embedder *e, enum embed_purpose purpose, size_t room)
{
	struct embed_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->embedder = embedder_hold(e);
	job->purpose = purpose;
	job->room = room;
	job->ntable = 2 * room + 1;
	job->texts = calloc(room + 1, sizeof(*job->texts));
	job->keys = calloc(room + 1, sizeof(*job->keys));
	job->table = calloc(job->ntable, sizeof(*job->table));
	if (job->texts == NULL || job->keys == NULL || job->table == NULL) {
		embed_job_free(job);
		return NULL;
	}
	return job;
}

static void
free_text(const struct embed_text *t)
{
	char *p;

	memcpy(&p, &t->p, sizeof(p));	/* it is ours, whatever its type says */
	free(p);
}

void
embed_job_free(struct embed_job *job)
{
	if (job == NULL)
		return;
	embedder_close(job->embedder);
	for (size_t i = 0; i < job->n; i++)
		free_text(&job->texts[i]);
	free(job->texts);
	free(job->keys);
	free(job->table);
	free(job->rows);
	free(job);
}

/* The place of the key, or the empty one where it would go.  A hash is as good as any part of it. */
static size_t
place(const struct embed_job *job, const struct embed_key *key)
{
	uint64_t h;
	size_t at;

	memcpy(&h, key->b, sizeof(h));
	for (at = h % job->ntable; job->table[at] != 0; at = (at + 1) % job->ntable)
		if (memcmp(&job->keys[job->table[at] - 1], key, sizeof(*key)) == 0)
			break;
	return at;
}

int
embed_job_add(struct embed_job *job, const struct embed_text *t, const struct embed_key *key)
{
	size_t at = place(job, key);
	char *copy;

	if (job->table[at] != 0)
		return 0;
	if ((copy = malloc(t->len + 1)) == NULL)
		return -1;
	memcpy(copy, t->p, t->len);
	copy[t->len] = '\0';
	job->texts[job->n].p = copy;
	job->texts[job->n].len = t->len;
	job->keys[job->n] = *key;
	job->bytes += t->len;
	job->table[at] = (uint32_t)++job->n;
	return 0;
}

size_t
embed_job_find(const struct embed_job *job, const struct embed_key *key)
{
	size_t at = place(job, key);

	return job->table[at] != 0 ? job->table[at] - 1 : SIZE_MAX;
}

const float *
embed_job_vector(const struct embed_job *jobs, const struct embed_key *key, size_t dim)
{
	for (const struct embed_job *job = jobs; job != NULL; job = job->next) {
		size_t i = embed_job_find(job, key);

		if (i != SIZE_MAX && job->rows != NULL && job->dim == dim)
			return job->rows + i * dim;
	}
	return NULL;
}
