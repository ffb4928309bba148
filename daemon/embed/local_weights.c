/*
 * local_weights.c - the word lists as one hash table, and the vote on a block's language.
 *
 * A word is known by its HASH_WORD alone; at 64 bits over a thousand words a stranger is mistaken
 * for one of them once in 10^16.  Each slot says, for each language, what the word counts there and
 * whether it votes.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "local_hash.h"
#include "local_weights.h"
#include "local_words.h"

#define SLOTS 4096		/* a power of two, at least twice the words */

#define HIRAGANA_FIRST 0x3041
#define HIRAGANA_LAST 0x309f
#define KATAKANA_LAST 0x30ff

/*
 * Hiragana write particles and endings, and the lesser part of the words.  At 0.3 a sentence in
 * tests/unit/embed is nearer to one with the same endings than to its own subject.
 */
#define WEIGHT_HIRAGANA 51	/* 0.2 */

struct weights_slot {
	uint64_t hash;		/* of the word; 0: empty */
	uint32_t votes;		/* languages it votes for, one bit each */
	uint32_t langs;		/* languages that list it */
	uint8_t weight[LANGS];
};

struct weights {
	size_t n;
	struct weights_slot slots[SLOTS];
};

/* Where `hash` is, or the empty slot where it would be. */
static const struct weights_slot *
weights_find(const struct weights *w, uint64_t hash)
{
	size_t i = hash & (SLOTS - 1);

	while (w->slots[i].hash != 0 && w->slots[i].hash != hash)
		i = (i + 1) & (SLOTS - 1);
	return &w->slots[i];
}

static void
weights_put(struct weights *w, uint64_t hash, const struct word_list *l)
{
	struct weights_slot *s = &w->slots[weights_find(w, hash) - w->slots];

	if (s->hash == 0)
		w->n++;
	assert(w->n <= SLOTS / 2);	/* else the lists have outgrown the table */
	s->hash = hash;
	/* Two words may fold into one, as "el" and "él" do: the fainter counts. */
	if ((s->langs & 1u << l->lang) == 0 || l->weight < s->weight[l->lang])
		s->weight[l->lang] = l->weight;
	s->langs |= 1u << l->lang;
	if (l->votes)
		s->votes |= 1u << l->lang;
}

/* Words come folded from the same tokens_next as texts do. */
static void
weights_learn(struct weights *w, const struct word_list *l, struct token_block *b)
{
	struct token_reader r;
	int more;

	tokens_init(&r, l->words, strlen(l->words));
	do {
		more = tokens_next(&r, b);
		for (size_t i = 0; i < b->n; i++)
			weights_put(w,
			    hash_units(HASH_WORD, b->units + b->tokens[i].at, b->tokens[i].n), l);
	} while (more == 1);
}

struct weights *
weights_new(void)
{
	struct token_block *b = malloc(sizeof(*b));
	struct weights *w = calloc(1, sizeof(*w));

	if (b == NULL || w == NULL) {
		free(w);
		w = NULL;
		goto out;
	}
	for (unsigned i = 0; i < word_lists_n; i++)
		weights_learn(w, &word_lists[i], b);
out:
	free(b);
	return w;
}

void
weights_free(struct weights *w)
{
	free(w);
}

static bool
unit_is_kana(uint32_t unit)
{
	unit &= UNIT_VOICED - 1;
	return unit >= HIRAGANA_FIRST && unit <= KATAKANA_LAST;
}

static void
vote(uint32_t *votes, uint32_t langs)
{
	for (; langs != 0; langs &= langs - 1)
		votes[__builtin_ctz(langs)]++;
}

static void
vote_dense(const struct weights *w, const uint32_t *u, size_t n, uint32_t *votes)
{
	for (size_t i = 0; i < n; i++) {
		if (unit_is_kana(u[i]))
			votes[LANG_JA]++;
		else
			vote(votes, weights_find(w, hash_units(HASH_WORD, u + i, 1))->votes);
	}
}

uint32_t
weights_langs(const struct weights *w, const struct token_block *b)
{
	uint32_t votes[LANGS] = { 0 };
	uint32_t most = 0, langs = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct token *t = &b->tokens[i];
		const uint32_t *u = b->units + t->at;

		if (t->kind == TOKEN_WORD)
			vote(votes, weights_find(w, hash_units(HASH_WORD, u, t->n))->votes);
		else if (t->kind == TOKEN_DENSE)
			vote_dense(w, u, t->n, votes);
	}
	for (unsigned l = 0; l < LANGS; l++) {
		if (votes[l] > most) {
			most = votes[l];
			langs = 0;
		}
		if (votes[l] == most && most > 0)
			langs |= 1u << l;
	}
	return most == 0 ? 1u << LANG_EN : langs;
}

uint32_t
weights_word(const struct weights *w, uint64_t hash, uint32_t langs)
{
	const struct weights_slot *s = weights_find(w, hash);
	uint32_t weight = WEIGHT_ONE;

	for (langs &= s->langs; langs != 0; langs &= langs - 1) {
		uint32_t own = s->weight[__builtin_ctz(langs)];

		if (own < weight)
			weight = own;
	}
	return weight;
}

uint32_t
weights_dense(const struct weights *w, uint32_t unit, uint32_t langs)
{
	uint32_t bare = unit & (UNIT_VOICED - 1);

	if (bare >= HIRAGANA_FIRST && bare <= HIRAGANA_LAST)
		return WEIGHT_HIRAGANA;
	return weights_word(w, hash_units(HASH_WORD, &unit, 1), langs);
}
