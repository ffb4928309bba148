/*
 * token.h - access tokens: JWT, and the only caller of libjwt.
 *
 * libjwt 1.10 leaves much to its caller: it takes expired tokens, tokens of another HMAC algorithm
 * under the same key, and with no key unsigned ones.  What a token must be is checked here.
 */

#ifndef TOKEN_H
#define TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define TOKEN_KEY_MIN 32	/* bytes */
#define TOKEN_MAX 4096		/* bytes of a token that is looked at */
#define TOKEN_SID_LEN 32	/* hexadecimal characters of a session's id */
#define TOKEN_KID_LEN 11	/* characters of a key's name */

struct token_key {
	const unsigned char *p;
	size_t n;		/* at least TOKEN_KEY_MIN */
	const char *algorithm;	/* "HS256", "HS384", "HS512" */
	char kid[TOKEN_KID_LEN + 1];	/* which key it is, said in tokens; "" in none */
	const struct token_key *old;	/* the one before it: signs none, checks still; or NULL */
};

struct token {
	char username[64];	/* sub */
	char sid[TOKEN_SID_LEN + 1]; /* jti */
	int64_t issued, expires;
};

/* Name the key, by a signature that only it can make: k->kid.  0, or -1 and the reason. */
int token_name(struct token_key *k, struct err *err);

/* Sign; the caller frees *out with free().  0, or -1 and the reason. */
int token_make(const struct token_key *key, const struct token *t, char **out, struct err *err);

/*
 * Check a token at time `now`: that the key it names signed it (one that names none: either), with the
 * algorithm of that key, and iss, sub, jti, iat, exp and nbf.  0, or -1 and why not.
 */
int token_read(const struct token_key *key, const char *text, size_t n, int64_t now,
    struct token *t, struct err *err);

/* The same of a token that may have expired: whose it was. */
int token_read_expired(const struct token_key *key, const char *text, size_t n, int64_t now,
    struct token *t, struct err *err);

#endif
