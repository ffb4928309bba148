/*
 * token_memo.c - a copy, and a comparison that takes as long wherever the first difference is: behind
 * coolvec-http clients of several users share a connection.
 */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "token_memo.h"

bool
token_recall(const struct token_memo *m, const char *text, size_t n, int64_t now, struct token *t)
{
	unsigned char differs = 0;

	if (m->text == NULL || n != m->n || m->token.expires <= now)
		return false;
	for (size_t i = 0; i < n; i++)
		differs |= (unsigned char)(text[i] ^ m->text[i]);
	if (differs != 0)
		return false;
	*t = m->token;
	return true;
}

void
token_remember(struct token_memo *m, const char *text, size_t n, const struct token *t)
{
	token_memo_fini(m);
	if ((m->text = malloc(n)) == NULL)
		return;
	memcpy(m->text, text, n);
	m->n = n;
	m->token = *t;
}

void
token_memo_fini(struct token_memo *m)
{
	if (m->text != NULL)
		file_forget(m->text, m->n);
	free(m->text);
	*m = (struct token_memo){ 0 };
}
