/*
 * filter.c - how many slots a bitmap lets through.
 */

#include "filter.h"

uint32_t
filter_count(const struct filter *f, uint32_t end)
{
	const struct vec_query *q = f->query;
	uint32_t n = 0, words;

	if (!q->only)
		return end;
	if (q->nonly < end)
		end = q->nonly;
	words = end / 64;
	for (uint32_t i = 0; i < words; i++)
		n += (uint32_t)__builtin_popcountll(q->only[i]);
	if (end % 64 != 0)
		n += (uint32_t)__builtin_popcountll(q->only[words] << (64 - end % 64));
	return n;
}
