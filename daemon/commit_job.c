/*
 * commit_job.c - a change on its way to the commit lane.
 */

#include <stdlib.h>

#include "commit.h"

struct commit_job *
commit_job_new(struct call *c, struct space *s, enum commit_kind kind, size_t n, size_t nvectors)
{
	struct commit_job *job = calloc(1, sizeof(*job));
	size_t dim = s != NULL ? s->info.dim : 0;

	if (job == NULL)
		return NULL;
	job->items = calloc(n + 1, sizeof(*job->items));
	job->gone_room = n + 1;
	job->gone = calloc(job->gone_room, sizeof(*job->gone));
	job->vectors = calloc(nvectors * dim + 1, sizeof(float));
	if (job->items == NULL || job->gone == NULL || job->vectors == NULL) {
		commit_job_free(job);
		return NULL;
	}
	job->call = c;
	job->space = s;
	job->number = s != NULL ? s->info.number : 0;
	job->kind = kind;
	job->n = n;
	job->nvectors = nvectors;
	return job;
}

void
commit_job_free(struct commit_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; i < job->n; i++) {
		free(job->items[i].text);
		free(job->items[i].key);
		free(job->items[i].meta);
	}
	free(job->items);
	free(job->gone);
	free(job->vectors);
	filter_free(job->where);
	free(job->request);
	json_decref(job->result);
	free(job);
}
