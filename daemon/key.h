/*
 * key.h - the keys that tokens are signed with: where they come from, and their change.
 */

#ifndef KEY_H
#define KEY_H

#include <stdint.h>

#include "err.h"
#include "settings.h"
#include "token.h"

struct keys {
	struct token_key now;	/* signs and checks; its `old` is the next one, or NULL */
	struct token_key old;
	unsigned char *bytes[2]; /* of the two, kept out of core dumps; keys_fini wipes them */
};

/*
 * SECRET_KEY and SECRET_KEY_OLD, else secret.key in the data folder, which is made when missing, and
 * secret.key.old as long as a token that it signed may live.  `k` stays where it is until keys_fini.
 * 0, or -1 and the reason.
 */
int keys_load(const struct settings *s, int64_t now, struct keys *k, struct err *err);
void keys_fini(struct keys *k);

/*
 * Make a new secret.key and keep the one before it as secret.key.old.  The data folder is locked.
 * 0, or -1 and the reason, with the old one still in place.
 */
int keys_rotate(const struct settings *s, struct err *err);

#endif
