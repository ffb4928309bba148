/*
 * local_words.h - the lists of function words that local_weights.c learns.
 */

#ifndef EMBED_LOCAL_WORDS_H
#define EMBED_LOCAL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

enum word_lang {
	LANG_EN,
	LANG_DE,
	LANG_FR,
	LANG_ES,
	LANG_IT,
	LANG_PT,
	LANG_NL,
	LANG_RU,
	LANG_AR,
	LANG_ZH,
	LANG_JA,
	LANGS,			/* how many; a set of them is a word of bits */
};

struct word_list {
	enum word_lang lang;
	uint8_t weight;		/* of WEIGHT_ONE */
	bool votes;		/* says that a text is in this language */
	const char *words;	/* UTF-8, by spaces */
};

extern const struct word_list word_lists[];
extern const unsigned word_lists_n;

#endif
