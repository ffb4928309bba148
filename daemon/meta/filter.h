/*
 * filter.h - conditions on an item's meta, as people write them:
 *
 *	lang = "en" and year >= 2020 and not draft
 *
 * coolvec-protocol(7) has the language, under FILTER LANGUAGE.  A filter is parsed once, without a
 * database, and handed to meta_items_match.
 */

#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>

#include "err.h"

#define FILTER_MAX 4096		/* bytes of a filter */
#define FILTER_DEPTH_MAX 32	/* of parentheses and nots inside one another */

struct filter;

/* An answer: the text is no filter. */
enum { FILTER_BAD = 1 };

/*
 * Parse `n` bytes of UTF-8.  0 and *out, which holds copies of all it needs; FILTER_BAD with a
 * sentence that names the place ("where: at character 12: ..."); or META_ENOMEM.
 */
int filter_parse(const char *text, size_t n, struct filter **out, struct err *err);

/* NULL is fine. */
void filter_free(struct filter *f);

#endif
