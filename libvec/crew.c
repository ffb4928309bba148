/*
 * crew.c - work in pieces.
 */

#include "crew.h"

void
crew_init(struct crew *c)
{
	*c = (struct crew){ .n = 0 };
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
}

void
crew_fini(struct crew *c)
{
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
}

void
crew_help_locked(struct crew *c)
{
	uint32_t i = c->next;

	if (i == c->n) {
		pthread_cond_wait(&c->changed, &c->lock);
		return;
	}
	c->next++;
	c->busy++;
	pthread_mutex_unlock(&c->lock);
	c->piece(c->arg, i);
	pthread_mutex_lock(&c->lock);
	if (--c->busy == 0 && c->next == c->n)
		pthread_cond_broadcast(&c->changed);
}

void
crew_run(struct crew *c, uint32_t n, crew_piece *piece, void *arg)
{
	pthread_mutex_lock(&c->lock);
	c->piece = piece;
	c->arg = arg;
	c->next = 0;
	c->n = n;
	pthread_cond_broadcast(&c->changed);
	while (c->next < c->n || c->busy > 0)
		crew_help_locked(c);
	pthread_mutex_unlock(&c->lock);
}
