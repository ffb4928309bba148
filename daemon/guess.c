/*
 * guess.c - buckets of guesses.
 *
 * A guess is taken before its password is looked at and given back when that was right, so that
 * many at once cannot all pass before the first has failed.
 */

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "file.h"
#include "guess.h"

#define ACCOUNTS ((size_t)1 << 16)	/* buckets; names that share one share its budget */
#define SOURCES ((size_t)1 << 10)
#define KNOWN_MAX 4			/* system users remembered an account */
#define DAY_MS (24.0 * 3600 * 1000)
#define FREE_IN_A_ROW 4			/* wrong ones that nobody waits after */
#define WAIT_MAX_MS 60000
#define SOURCE_BURST 100.0		/* wrong ones of a source before it is slowed */
#define SOURCE_MS 2000.0		/* that one more takes then */

struct bucket {
	double used;		/* of its size; what is used comes back with time */
	uint32_t row;		/* wrong ones since the last right one */
	int64_t at;		/* when `used` was true */
	int64_t until;		/* nobody passes before; 0: at once */
};

struct account {
	struct bucket part[GUESS_PARTS];
	uint32_t known[KNOWN_MAX];	/* uids + 1, the newest first; 0: none */
};

struct guesses {
	uint64_t key[2];		/* of the hash */
	double size[GUESS_PARTS];
	bool unbounded;
	uv_mutex_t lock;		/* guards accounts, sources */
	struct account *accounts;	/* ACCOUNTS of them; untouched pages cost nothing */
	struct bucket *sources;		/* SOURCES of them */
};

struct guesses *
guesses_new(uint64_t a_day)
{
	struct guesses *gs = calloc(1, sizeof(*gs));

	if (gs == NULL)
		return NULL;
	gs->unbounded = a_day == 0;
	a_day = a_day < 20 ? 20 : a_day;
	file_random(gs->key, sizeof(gs->key));
	gs->size[GUESS_TOKEN] = gs->size[GUESS_KNOWN] = (double)a_day / 10;
	gs->size[GUESS_STRANGER] = (double)a_day * 3 / 10;
	gs->accounts = calloc(ACCOUNTS, sizeof(*gs->accounts));
	gs->sources = calloc(SOURCES, sizeof(*gs->sources));
	if (gs->accounts == NULL || gs->sources == NULL || uv_mutex_init(&gs->lock) != 0) {
		free(gs->accounts);
		free(gs->sources);
		free(gs);
		return NULL;
	}
	return gs;
}

void
guesses_free(struct guesses *gs)
{
	if (gs == NULL)
		return;
	uv_mutex_destroy(&gs->lock);
	free(gs->accounts);
	free(gs->sources);
	free(gs);
}

/* --- SipHash-2-4 (Aumasson and Bernstein 2012), whose outputs nobody without the key can steer ---- */

static uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void
sip_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static uint64_t
sip(const uint64_t key[2], const void *p, size_t n)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
	const unsigned char *s = p;

	for (size_t at = 0; at <= n; at += 8) {
		uint64_t m = n - at < 8 ? (uint64_t)(n & 0xff) << 56 : 0;

		for (size_t i = 0; i < 8 && at + i < n; i++)
			m |= (uint64_t)s[at + i] << 8 * i;
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- buckets ------------------------------------------------------------------------------------- */

/* What has come back since; `per_ms` of it a millisecond. */
static void
refill(struct bucket *b, int64_t now, double per_ms)
{
	double back = now > b->at ? (double)(now - b->at) * per_ms : 0;

	b->used = b->used > back ? b->used - back : 0;
	if (now > b->at)
		b->at = now;
}

/* 0 and one is taken, or the milliseconds until one may be. */
static int64_t
take(struct bucket *b, int64_t now, double size, double per_ms)
{
	refill(b, now, per_ms);
	if (now < b->until)
		return b->until - now;
	if (b->used + 1 > size)
		return (int64_t)((b->used + 1 - size) / per_ms) + 1;
	b->used += 1;
	return 0;
}

static void
give_back(struct bucket *b)
{
	b->used = b->used > 1 ? b->used - 1 : 0;
}

static struct account *
account_of(struct guesses *gs, const struct guess *g)
{
	return &gs->accounts[sip(gs->key, g->account, strlen(g->account)) % ACCOUNTS];
}

static struct bucket *
source_of(struct guesses *gs, const struct guess *g)
{
	return &gs->sources[sip(gs->key, &g->source, sizeof(g->source)) % SOURCES];
}

static bool
is_known(const struct account *a, uint32_t source)
{
	for (int i = 0; i < KNOWN_MAX; i++)
		if (a->known[i] == source + 1 && source != UINT32_MAX)
			return true;
	return false;
}

/* It is wrong until it is known to be right. */
static void
slow_down(struct bucket *b, int64_t now)
{
	uint32_t over = b->row++ < FREE_IN_A_ROW ? 0 : b->row - FREE_IN_A_ROW;
	int64_t wait = over == 0 ? 0 : over > 6 ? WAIT_MAX_MS : (int64_t)1000 << (over - 1);

	b->until = wait == 0 ? 0 : now + wait;
}

/* Of the parts that `g` has a claim to the first that has one left. */
static int64_t
begin_locked(struct guesses *gs, const struct guess *g, int64_t now, enum guess_part *part)
{
	struct account *a = account_of(gs, g);
	int64_t least = INT64_MAX, wait;

	for (int p = GUESS_TOKEN; p < GUESS_PARTS; p++) {
		if ((p == GUESS_TOKEN && !g->token) || (p == GUESS_KNOWN && !is_known(a, g->source)))
			continue;
		wait = take(&a->part[p], now, gs->size[p], gs->size[p] / DAY_MS);
		if (wait == 0) {
			slow_down(&a->part[p], now);
			*part = (enum guess_part)p;
			return 0;
		}
		least = wait < least ? wait : least;
	}
	return least;
}

int64_t
guess_begin(struct guesses *gs, const struct guess *g, int64_t now, enum guess_part *part)
{
	struct bucket *source;
	int64_t wait = 0;

	*part = GUESS_STRANGER;
	if (gs->unbounded)
		return 0;
	uv_mutex_lock(&gs->lock);
	source = source_of(gs, g);
	if (!g->token)
		wait = take(source, now, SOURCE_BURST, 1 / SOURCE_MS);
	if (wait == 0 && (wait = begin_locked(gs, g, now, part)) != 0 && !g->token)
		give_back(source);
	uv_mutex_unlock(&gs->lock);
	return wait;
}

void
guess_undo(struct guesses *gs, const struct guess *g, enum guess_part part)
{
	struct bucket *b;

	uv_mutex_lock(&gs->lock);
	b = &account_of(gs, g)->part[part];
	give_back(b);
	if (b->row > 0)
		b->row--;
	if (b->row <= FREE_IN_A_ROW)
		b->until = 0;
	if (!g->token)
		give_back(source_of(gs, g));
	uv_mutex_unlock(&gs->lock);
}

void
guess_right(struct guesses *gs, const struct guess *g, enum guess_part part)
{
	struct account *a;
	int i = 0;

	guess_undo(gs, g, part);
	uv_mutex_lock(&gs->lock);
	a = account_of(gs, g);
	a->part[part].row = 0;
	a->part[part].until = 0;
	if (g->source != UINT32_MAX) {
		while (i < KNOWN_MAX - 1 && a->known[i] != g->source + 1)
			i++;
		memmove(a->known + 1, a->known, (size_t)i * sizeof(a->known[0]));
		a->known[0] = g->source + 1;
	}
	uv_mutex_unlock(&gs->lock);
}
