/*
 * suggest.c - edit distance: insertions, deletions, replacements, and neighbours swapped (Damerau's
 * restricted form), each at cost 1.
 */

#include <string.h>

#include "suggest.h"

#define WORD_MAX 32

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= na; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[na][nb];
}

const char *
suggest(const char *word, const char *const *words, size_t n)
{
	size_t len = strlen(word), wlen;
	const char *best = NULL;
	unsigned bound, d;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	bound = len <= 3 ? 1 : 2;	/* of three letters, two changed are another word */
	for (size_t i = 0; i < n; i++) {
		wlen = strlen(words[i]);
		if (wlen > WORD_MAX)
			continue;
		if ((d = distance(word, len, words[i], wlen)) <= bound && d < wlen) {
			best = words[i];
			bound = d - (d > 0);
		}
	}
	return best;
}
