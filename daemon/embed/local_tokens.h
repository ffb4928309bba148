/*
 * local_tokens.h - a text cut into tokens of folded code points, a block at a time.
 *
 * Folding is Unicode's: compatibility decomposition and full case folding, default-ignorable code
 * points left out, and the marks that languages with alphabets write or leave out (accents, Hebrew
 * points, Arabic vowels) stripped.  Marks that are letters in all but name (Indic and Thai vowels,
 * viramas, kana voicing) stay, in canonical order.  So texts that are canonically or compatibility
 * equivalent, or differ in case alone, give the same tokens; and an iota subscript is an accent.
 *
 * A *unit* is a folded code point, with UNIT_VOICED or UNIT_HALF_VOICED set on kana that carry the
 * mark.  A token is a run of units of one kind; punctuation and spaces end it.
 */

#ifndef EMBED_LOCAL_TOKENS_H
#define EMBED_LOCAL_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNIT_VOICED (1u << 21)
#define UNIT_HALF_VOICED (1u << 22)

enum token_kind {
	TOKEN_WORD,		/* letters and digits, a letter first, in a script with spaces */
	TOKEN_NUMBER,		/* the same, a digit first */
	TOKEN_DENSE,		/* Han, kana: two units make a word; symbols, emoji */
	TOKEN_UNSPACED,		/* Thai, Lao, Khmer, Burmese: an alphabet without spaces */
};

enum {
	TOKEN_STARTERS_MAX = 64, /* a longer token is cut in pieces */
	TOKEN_MARKS_MAX = 16,	/* kept of the marks on one starter: those of the lowest class */
	TOKEN_UNITS_MAX = TOKEN_STARTERS_MAX + TOKEN_MARKS_MAX,
	TOKENS_MAX = 256,	/* in a block */
	TOKENS_SPARE = 32,	/* tokens that one code point may end: it is 18 at most */
};

struct token {
	enum token_kind kind;
	uint32_t at;		/* its units stand at block->units[at], n of them, n > 0 */
	uint32_t n;
};

struct token_block {
	struct token tokens[TOKENS_MAX];
	uint32_t units[TOKENS_MAX * TOKEN_UNITS_MAX];
	size_t n;		/* tokens */
	size_t nunits;
};

/* Where the reading of one text stands.  The fields are tokens_init's and tokens_next's alone. */
struct token_reader {
	const uint8_t *p;
	size_t left;
	struct token_block *block;
	enum token_kind kind;	/* of the open token */
	size_t n;		/* its units so far; 0: no token is open */
	size_t nstarters;	/* of these n */
	size_t nmarks;		/* of these n, after the last starter, in canonical order */
	uint32_t units[TOKEN_UNITS_MAX];
};

/* Start reading `len` bytes at `p`, which must stay until the last tokens_next. */
void tokens_init(struct token_reader *r, const void *p, size_t len);

/*
 * Fill `b` with the next tokens.  0: these are the last (there may be none).  1: there is more to
 * read.  -1: the text is not UTF-8, and *b is undefined.
 */
int tokens_next(struct token_reader *r, struct token_block *b);

#endif
