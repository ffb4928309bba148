/*
 * suggest.h - the word that was probably meant.
 */

#ifndef COOLVEC_SUGGEST_H
#define COOLVEC_SUGGEST_H

#include <stddef.h>

/* The one of `n` words that is nearest to `word`, NULL when none is near enough to be a typo of it.
 */
const char *suggest(const char *word, const char *const *words, size_t n);

#endif
