/*
 * token_memo.h - the token that a connection showed last and that was good.
 *
 * A client sends its token with every request, and reading one takes as long as reading two rows.  The
 * signature of the same bytes stays good, so they are compared instead; whether the token has expired
 * and whether its session is over is still looked at each time.
 */

#ifndef TOKEN_MEMO_H
#define TOKEN_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token.h"

struct token_memo {
	char *text;		/* `n` bytes; NULL: none yet */
	size_t n;
	struct token token;	/* what they say */
};

/* Whether `text` is the token remembered, and not expired at `now`; then *t is what it says. */
bool token_recall(const struct token_memo *m, const char *text, size_t n, int64_t now, struct token *t);

/* Keep a token that token_read found good; a copy.  Without memory nothing is kept. */
void token_remember(struct token_memo *m, const char *text, size_t n, const struct token *t);

/* Wipe and free what is kept. */
void token_memo_fini(struct token_memo *m);

#endif
