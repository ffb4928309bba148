/*
 * embed_pace.c - a window of a minute, counted by seconds.
 */

#include <string.h>

#include "embed_pace.h"

#define SLOTS (EMBED_PACE_SECONDS + 1)
#define FORGET_MS (10 * 60 * 1000)
#define LEARN_LEAST 20	/* guessed from few texts, a quota would stall what follows */

/* In the minute that ends now, and when the oldest of it falls out. */
static uint32_t
window(const struct embed_pace *p, int64_t now, int64_t *oldest)
{
	int64_t second = now / 1000;
	uint32_t n = 0;

	*oldest = second;
	for (size_t i = 0; i < SLOTS; i++)
		if (p->sent[i].n > 0 && p->sent[i].second > second - SLOTS) {
			n += p->sent[i].n;
			if (p->sent[i].second < *oldest)
				*oldest = p->sent[i].second;
		}
	return n;
}

static uint32_t
limit(struct embed_pace *p, int64_t now)
{
	if (p->learnt != 0 && now - p->learnt_at > FORGET_MS)
		p->learnt = 0;
	if (p->learnt == 0)
		return p->setting;
	return p->setting != 0 && p->setting < p->learnt ? p->setting : p->learnt;
}

size_t
embed_pace_allowed(struct embed_pace *p, int64_t now, int64_t *at)
{
	uint32_t most = limit(p, now), n;
	int64_t oldest;

	if (now < p->not_before) {
		*at = p->not_before;
		return 0;
	}
	if (most == 0)
		return SIZE_MAX;
	n = window(p, now, &oldest);
	*at = (oldest + SLOTS) * 1000;
	return n < most ? most - n : 0;
}

void
embed_pace_sent(struct embed_pace *p, int64_t now, size_t n)
{
	int64_t second = now / 1000;
	size_t i = (size_t)(second % SLOTS);

	if (p->sent[i].second != second) {
		p->sent[i].second = second;
		p->sent[i].n = 0;
	}
	p->sent[i].n += (uint32_t)n;
}

/* What was refused does not count: it is taken out again, the newest first. */
static void
unsend(struct embed_pace *p, int64_t now, size_t n)
{
	for (int64_t second = now / 1000; n > 0 && second > now / 1000 - SLOTS && second >= 0; second--) {
		size_t i = (size_t)(second % SLOTS), part;

		if (p->sent[i].second != second)
			continue;
		part = n < p->sent[i].n ? n : p->sent[i].n;
		p->sent[i].n -= (uint32_t)part;
		n -= part;
	}
}

void
embed_pace_refused(struct embed_pace *p, int64_t now, size_t n, int64_t wait_ms,
    uint32_t per_minute)
{
	int64_t oldest;
	uint32_t took;

	unsend(p, now, n);
	took = window(p, now, &oldest);
	if (per_minute == 0 && took > 0)
		per_minute = took > LEARN_LEAST ? took : LEARN_LEAST;
	if (per_minute != 0)
		p->learnt = per_minute;
	p->learnt_at = now;
	if (wait_ms > 0 && now + wait_ms > p->not_before)
		p->not_before = now + wait_ms;
}
