/*
 * batch_items.c - the two kinds of item that most commands have.
 */

#include <stdio.h>

#include "batch.h"
#include "num.h"

json_t *
batch_text(void *arg, const struct record *r, char *why, size_t nwhy)
{
	json_t *text;

	(void)arg;
	if (r->n == 0)
		snprintf(why, nwhy, "the text is empty");
	else if (r->n > WIRE_TEXT_MAX)
		snprintf(why, nwhy, "the text is over %zu bytes", WIRE_TEXT_MAX);
	else if ((text = json_stringn(r->p, r->n)) != NULL)
		return text;
	else
		snprintf(why, nwhy, "the text is not UTF-8");
	return NULL;
}

json_t *
batch_id(void *arg, const struct record *r, char *why, size_t nwhy)
{
	char word[24];
	uint64_t id;

	(void)arg;
	snprintf(
	    word, sizeof(word), "%.*s", (int)(r->n < sizeof(word) ? r->n : sizeof(word)), r->p);
	if (r->n < sizeof(word) && num_parse(word, 0, INT64_MAX, &id))
		return json_integer((json_int_t)id);
	snprintf(why, nwhy, "an id is a number from 0, not \"%.*s\"", (int)(r->n < 60 ? r->n : 60),
	    r->p);
	return NULL;
}
